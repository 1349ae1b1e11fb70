-- Collection runs: Each run with its duration and changed rows.
select
    run.run_id,
    run.started_at,
    run.ended_at - run.started_at as took,
    run.state,
    run.requests,
    sum(result.rows_changed) as rows_changed
from collection_run as run
left join collection_result as result using (run_id)
group by run.run_id, run.started_at, run.ended_at, run.state, run.requests
order by run.run_id desc;
