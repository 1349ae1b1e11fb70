-- Popular paths to export: GitHub's top-10 lists of the 14 days before, which overlap. Days are UTC; unknown is null.
-- Grain: a repository, day of observation and path. Source: v_paths. A day that is null narrows nothing.
select
    tenant,
    full_name,
    repository_id,
    observed_on,
    rank,
    path,
    title,
    views,
    view_uniques,
    view_uniques_kind
from v_paths
where
    repository_id between list_min($visible) and list_max($visible)
    and repository_id in (select unnest($visible))
    and ($first_day is null or observed_on >= $first_day)
    and ($last_day is null or observed_on <= $last_day)
order by repository_id, observed_on, rank;
