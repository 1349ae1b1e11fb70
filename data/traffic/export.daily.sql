-- Days to export. Days are UTC dates; unknown is null. Grain: a repository and day. Source: v_daily.
-- A day that is null narrows nothing. The bounds of the ids spare reading other repositories' rows.
select
    tenant,
    full_name,
    repository_id,
    day,
    views,
    view_uniques,
    view_uniques_kind,
    views_state,
    clones,
    clone_uniques,
    clone_uniques_kind,
    clones_state
from v_daily
where
    repository_id between list_min($visible) and list_max($visible)
    and repository_id in (select unnest($visible))
    and ($first_day is null or day >= $first_day)
    and ($last_day is null or day <= $last_day)
order by repository_id, day;
