-- Keeps how many workflow runs were begun on each day: the greatest number, since runs that are deleted are counted no more;
-- and the checkouts of some runs. Days are UTC.
-- Grain in: incoming_workflow_day (repository_id, day, observed_at, runs) and incoming_sampled_run (repository_id, run_id,
-- day, checkouts).
create or replace temp table accepted_runs as
with fresh as (
    from incoming_workflow_day
    qualify row_number() over (partition by repository_id, day order by runs desc, observed_at) = 1
)

select fresh.*
from fresh
left join workflow_day as stored using (repository_id, day)
where stored.runs is null or fresh.runs > stored.runs;

merge into workflow_day as stored
using accepted_runs as fresh
on stored.repository_id = fresh.repository_id and stored.day = fresh.day
when matched then update set
    observed_at = fresh.observed_at,
    runs = fresh.runs
when not matched then insert (repository_id, day, observed_at, runs)
values (fresh.repository_id, fresh.day, fresh.observed_at, fresh.runs);

merge into sampled_run as stored
using (
    select
        repository_id,
        run_id,
        min(day) as day,
        max(checkouts) as checkouts
    from incoming_sampled_run
    group by repository_id, run_id
) as fresh
on stored.repository_id = fresh.repository_id and stored.run_id = fresh.run_id
when matched and fresh.checkouts > stored.checkouts then update set checkouts = fresh.checkouts
when not matched then insert (repository_id, run_id, day, checkouts)
values (fresh.repository_id, fresh.run_id, fresh.day, fresh.checkouts);
