-- Months to export: of the session's variables first_day to last_day. Months are their first day, UTC; unknown is null.
-- views_days and clones_days say of how many days the counts are.
-- Grain: a repository and month. Source: v_monthly. A day that is null narrows nothing.
select
    tenant,
    full_name,
    repository_id,
    month,
    views,
    visitor_days,
    view_uniques_kind,
    views_days,
    views_state,
    clones,
    cloner_days,
    clone_uniques_kind,
    clones_days,
    clones_state
from v_monthly
where
    repository_id between list_min($visible) and list_max($visible)
    and repository_id in (select unnest($visible))
    and ($first_day is null or last_day(month) >= $first_day)
    and ($last_day is null or month <= $last_day)
order by repository_id, month;
