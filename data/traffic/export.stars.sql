-- Stars and other counters to export. Days are UTC; unknown is null. Grain: a repository and day. Source: v_stars.
-- A day that is null narrows nothing.
select
    tenant,
    full_name,
    repository_id,
    day,
    stars_gained,
    stars,
    forks,
    watchers,
    open_issues_and_pull_requests,
    size_kb
from v_stars
where
    repository_id between list_min($visible) and list_max($visible)
    and repository_id in (select unnest($visible))
    and ($first_day is null or day >= $first_day)
    and ($last_day is null or day <= $last_day)
order by repository_id, day;
