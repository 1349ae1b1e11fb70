-- Every tenant's token, encrypted: the valid ones, and those that were refused and last checked before $retry_before (UTC).
-- Grain: a tenant. Source: tenant_token (control). For the collector only.
select
    token_id,
    tenant_id,
    owner_id,
    expires_at,
    state,
    encrypted,
    added_at
from tenant_token
where state = 'valid' or (state = 'invalid' and checked_at < $retry_before)
qualify row_number() over (partition by tenant_id order by token_id desc) = 1;
