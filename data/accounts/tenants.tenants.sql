-- The visible tenants by name. Grain: a tenant. Source: tenant.
select
    tenant_id,
    name,
    schedule,
    active,
    reads_actions
from tenant
where tenant_id in (select unnest($visible))
order by name;
