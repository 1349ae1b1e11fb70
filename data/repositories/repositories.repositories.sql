-- The visible repositories by tenant and name. Grain: a repository of a tenant. Source: repository.
select
    repository_id,
    tenant_id,
    github_id,
    full_name,
    state,
    state_reason
from repository
where repository_id in (select unnest($visible))
order by tenant_id, lower(full_name);
