-- The runs that asked about visible repositories, counting those alone. Requests and message include others': unknown.
-- Grain: a run. Source: collection_run, collection_result. Times are UTC.
insert into collection_run
select
    run.run_id,
    run.trigger,
    run.started_at,
    run.ended_at,
    run.state,
    null as requests,
    seen.repositories,
    null as message,
    null as fence
from version.collection_run as run
inner join (
    select
        run_id,
        count(distinct repository_id) as repositories
    from version.collection_result
    where repository_id in (select unnest($visible::integer[]))
    group by run_id
) as seen using (run_id);
