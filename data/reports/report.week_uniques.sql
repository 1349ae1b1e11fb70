-- GitHub's own count of a whole week for each visible repository; none where the days are no week. Source: weekly_traffic.
with visible as (
    select unnest($visible::integer[]) as repository_id
)

select
    repository_id,
    case when views_complete then views end as week_views,
    case when views_complete then view_uniques end as view_uniques,
    case when clones_complete then clones end as week_clones,
    case when clones_complete then clone_uniques end as clone_uniques
from weekly_traffic
where
    repository_id in (select repository_id from visible)
    and week = $first_day
    and $last_day::date - $first_day::date = 6;
