-- Repositories that GitHub has refused in three collections or more since it began to.
-- Grain: a repository. Source: repository, collection_result.
select
    repository.repository_id,
    repository.full_name,
    repository.state_reason
from repository
inner join tenant using (tenant_id)
inner join collection_result as result
    on
        repository.repository_id = result.repository_id
        and result.finished_at >= repository.state_since
        and result.endpoint in ('repository', 'views')
        and result.outcome not in (select unnest($harmless))
where
    repository.repository_id in (select unnest($visible::integer[]))
    and tenant.active
    and repository.state in ('unavailable', 'blocked')
group by repository.repository_id, repository.full_name, repository.state_reason
having count(distinct result.run_id) >= 3
order by lower(repository.full_name);
