-- How the visible repositories stand, the most urgent first. Times are UTC. Grain: a repository of a tenant.
-- Source: v_repositories, repository, tenant, endpoint_state. Looked at from the session's variable today.
with answered as (
    select
        repository_id,
        max(last_good_at) filter (where endpoint = 'views') as views_at,
        max(last_good_at) filter (where endpoint = 'clones') as clones_at
    from endpoint_state
    where repository_id in (select unnest($visible))
    group by repository_id
)

select
    known.repository_id,
    known.tenant_id,
    repository.github_id,
    known.full_name,
    known.state,
    known.state_reason,
    known.tenant,
    answered.views_at,
    answered.clones_at,
    known.days_until_loss,
    known.pending_days,
    known.gap_days,
    greatest(repository.added_at, repository.state_since) as since,
    case when tenant.active then tenant.schedule end as schedule
from v_repositories as known
inner join repository using (repository_id)
inner join tenant on known.tenant_id = tenant.tenant_id
left join answered using (repository_id)
where
    known.repository_id between list_min($visible::integer[]) and list_max($visible::integer[]) and -- DuckDB 1.5
    known.repository_id in (select unnest($visible))
order by known.days_until_loss nulls last, known.tenant, lower(known.full_name), known.repository_id;
