-- The newest runs with what the viewer may know of them. Times are UTC. Grain: a run.
-- Source: collection_run, collection_result, repository. Counts and messages of a whole run only for who sees everything; to all a
-- run that failed before it came to any repository.
with sight as (
    select
        not exists (
            select 1 from repository
            where repository_id not in (select unnest($visible))
        )
        and not exists (
            select 1 from tenant
            where tenant_id not in (select unnest($tenant_ids))
        ) as sees_all
),

visible_part as (
    select
        run_id,
        count(distinct repository_id) as repositories
    from collection_result
    where repository_id in (select unnest($visible))
    group by run_id
)

select
    run.run_id,
    run.trigger,
    run.started_at,
    run.ended_at,
    run.state,
    case when sight.sees_all then run.requests end as requests,
    case when sight.sees_all then run.repositories else coalesce(visible_part.repositories, 0) end as repositories,
    case when sight.sees_all then run.message end as message,
    run.fence
from collection_run as run
cross join sight
left join visible_part using (run_id)
where
    sight.sees_all
    or visible_part.run_id is not null
    or (run.state = 'failed' and run.repositories = 0 and run.requests > 0 and len($visible) > 0)
order by run.run_id desc
limit $most;
