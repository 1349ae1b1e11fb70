-- The tokens in use of the visible tenants, each encrypted. Grain: a token. Source: tenant_token (control).
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
    encrypted
from tenant_token
where
    tenant_id in (select unnest($visible))
    and state <> 'replaced'
order by tenant_id, token_id;
