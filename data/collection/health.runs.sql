-- How the newest run of each tenant ended, as far as it asked about visible repositories: of how many, of how many something
-- failed, and whether days of most active ones. Also the newest of all, for who sees everything; for others where all failed
-- before it came to any repository, which is nobody's own trouble. Times are UTC. Grain: a run.
-- Source: collection_run, collection_result since $since, repository. While $is_going_on, a running one is left out.
with visible as materialized (
    select unnest($visible::integer[]) as repository_id
),

sight as (
    select
        not exists (
            select 1 from repository
            where repository_id not in (select repository_id from visible)
        )
        and not exists (
            select 1 from tenant
            where tenant_id not in (select unnest($tenant_ids))
        ) as sees_all
),

ended as (
    select *
    from collection_run
    where state <> 'running' or not $is_going_on
),

newest as (
    select
        repository.tenant_id,
        max(result.run_id) as run_id
    from collection_result as result
    inner join repository using (repository_id)
    where
        result.repository_id in (select repository_id from visible)
        and result.finished_at >= $since
        and result.run_id in (select run_id from ended)
    group by repository.tenant_id
),

worded as (
    select
        result.run_id,
        result.repository_id,
        bool_or(not list_contains($harmless, result.outcome)) as fails,
        bool_or(
            repository.state = 'active'
            and result.endpoint in ('repository', 'views', 'clones')
            and not list_contains($harmless, result.outcome)
        ) as lacks_days
    from collection_result as result
    inner join repository using (repository_id)
    inner join newest on result.run_id = newest.run_id and repository.tenant_id = newest.tenant_id
    where result.repository_id in (select repository_id from visible)
    group by result.run_id, result.repository_id
),

collected as (
    select
        run_id,
        count(*) as repositories,
        count_if(fails) as failing,
        count_if(lacks_days) as without_days
    from worded
    group by run_id
),

active as (
    select
        newest.run_id,
        count(*) as repositories
    from newest
    inner join repository using (tenant_id)
    where
        repository.repository_id in (select repository_id from visible)
        and repository.state = 'active'
    group by newest.run_id
)

select
    ended.run_id,
    ended.state,
    ended.started_at,
    case when sight.sees_all then ended.message end as message,
    coalesce(collected.repositories, 0) as repositories,
    coalesce(collected.failing, 0) as failing,
    coalesce(2 * collected.without_days > active.repositories, false) as mostly_without_days
from ended
cross join sight
left join collected using (run_id)
left join active using (run_id)
where
    collected.run_id is not null
    or (
        ended.run_id = (select max(run_id) from ended)
        and (
            sight.sees_all
            or (
                ended.requests > 0
                and not exists (
                    select 1 from collection_result
                    where finished_at >= $since and run_id = (select max(run_id) from ended)
                )
            )
        )
    )
order by ended.run_id desc;
