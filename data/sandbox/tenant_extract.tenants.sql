-- The tenants of the visible repositories and groups, and those that are seen whole. Grain: a tenant. Source: tenant, repository.
insert into tenant
select
    tenant.tenant_id,
    tenant.name,
    tenant.schedule,
    tenant.active,
    tenant.added_at,
    tenant.reads_actions
from version.tenant as tenant
where
    tenant.tenant_id in (select unnest($tenant_ids::integer[]))
    or tenant.tenant_id in (
        select repository.tenant_id
        from version.repository as repository
        where repository.repository_id in (select unnest($visible::integer[]))
    )
    or tenant.tenant_id in (select tenant_id from repository_group);
