-- Every tenant's valid token, sealed. Grain: a tenant. Source: tenant_token (control). For the collector only.
select
    token_id,
    tenant_id,
    owner_id,
    expires_at,
    sealed
from tenant_token
where state = 'valid'
qualify row_number() over (partition by tenant_id order by token_id desc) = 1;
