-- Clones to export, and how many machines have made at least. Days are UTC dates; unknown is null. Grain: a repository and
-- day. Source: v_clones. A day that is null narrows nothing.
select
    tenant,
    full_name,
    repository_id,
    day,
    clones,
    clone_uniques,
    clone_uniques_kind,
    clones_state,
    workflow_runs,
    sampled_runs,
    checkouts_a_run,
    at_least_by_actions,
    at_most_by_others,
    at_least_by_one_cloner,
    steady_floor
from v_clones
where
    repository_id between list_min($visible) and list_max($visible)
    and repository_id in (select unnest($visible))
    and ($first_day is null or day >= $first_day)
    and ($last_day is null or day <= $last_day)
order by repository_id, day;
