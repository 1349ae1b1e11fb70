-- The clones of a repository and how many of them machines have made at least. Days are UTC; unknown is null.
-- Grain: a day, the oldest first. Source: v_clones.
select
    day,
    clones,
    clone_uniques,
    workflow_runs,
    at_least_by_actions,
    steady_floor
from v_clones
where
    repository_id in (select unnest($visible::integer[]))
    and day between $first_day and $last_day
order by day;
