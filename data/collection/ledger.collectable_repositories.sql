-- Repositories that are collected: active ones, and those that GitHub refused, which are tried again once a day.
-- Grain out: a repository. Source: repository, tenant. $tenant_ids and $repository_ids: null means all.
select
    repository.repository_id,
    repository.tenant_id,
    repository.github_id,
    repository.full_name,
    repository.state,
    repository.state_reason,
    tenant.reads_actions
from repository
inner join tenant using (tenant_id)
where
    tenant.active
    and ($tenant_ids is null or list_contains($tenant_ids, repository.tenant_id))
    and ($repository_ids is null or list_contains($repository_ids, repository.repository_id))
    and repository.state in ('active', 'unavailable', 'blocked')
order by repository.repository_id;
