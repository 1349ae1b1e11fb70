-- What grants for tenants and for single repositories show. Grain: a tenant or a repository ("kind", "id").
-- Source: tenant, repository (traffic). Deactivated tenants and deleted rows are left out.
with active_tenant as (
    select tenant_id from tenant where active
)

select
    'tenant' as kind,
    tenant_id as id
from active_tenant
where tenant_id in (select unnest($tenant_ids::integer[]))
union all
select
    'repository' as kind,
    repository.repository_id as id
from repository
join active_tenant on active_tenant.tenant_id = repository.tenant_id
where
    repository.tenant_id in (select unnest($tenant_ids::integer[]))
    or repository.repository_id in (select unnest($repository_ids::integer[]));
