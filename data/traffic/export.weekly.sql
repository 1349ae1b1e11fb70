-- Weeks to export: of the session's variables first_day to last_day. Weeks are Mondays, UTC; unknown is null. views_days
-- and clones_days say of how many of the seven days the counts are.
-- Grain: a repository and week. Source: v_weekly.
select
    tenant,
    full_name,
    repository_id,
    week,
    views,
    view_uniques,
    visitor_days,
    view_uniques_kind,
    views_days,
    views_state,
    views_by_github,
    clones,
    clone_uniques,
    cloner_days,
    clone_uniques_kind,
    clones_days,
    clones_state,
    clones_by_github
from v_weekly
where
    repository_id between list_min($visible) and list_max($visible)
    and repository_id in (select unnest($visible))
    and ($first_day is null or week >= $first_day::date - 6)
    and ($last_day is null or week <= $last_day)
order by repository_id, week;
