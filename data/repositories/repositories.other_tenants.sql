-- The visible repositories that more than one tenant tracks or has tracked, with the names of the others that do.
-- Grain: a repository of a tenant. Source: repository, tenant.
with visible as (
    select
        repository.repository_id,
        repository.github_id,
        repository.tenant_id,
        repository.state,
        tenant.name as tenant
    from repository
    inner join tenant using (tenant_id)
    where repository.repository_id in (select unnest($visible::integer[]))
)

select
    visible.repository_id,
    list(others.tenant order by lower(others.tenant)) as tenants
from visible
inner join visible as others
    on visible.github_id = others.github_id and visible.tenant_id <> others.tenant_id
where others.state <> 'removed'
group by visible.repository_id;
