-- The newest runs with what the viewer may know of them. Times are UTC. Grain: a run.
-- Source: collection_run, collection_result, repository. Counts and messages of a whole run only for who sees everything.
with sight as (
    select not exists (
        select 1 from repository
        where repository_id not in (select unnest($visible))
    ) as sees_all
),

seen as (
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
    case when sight.sees_all then run.repositories else seen.repositories end as repositories,
    case when sight.sees_all then run.message end as message
from collection_run as run
cross join sight
left join seen using (run_id)
where sight.sees_all or seen.run_id is not null
order by run.run_id desc
limit $most;
