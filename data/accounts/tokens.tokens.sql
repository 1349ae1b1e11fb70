-- The tokens in use, each encrypted. Grain: a token. Source: tenant_token (control). Times are UTC.
select
    token_id,
    tenant_id,
    last_four,
    kind,
    login,
    owner_id,
    scopes,
    expires_at,
    state,
    state_reason,
    checked_at,
    added_at,
    encrypted
from tenant_token
where state <> 'replaced'
order by tenant_id, token_id;
