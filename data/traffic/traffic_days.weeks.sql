-- What GitHub counted of whole weeks; weeks are the numbers of their Mondays (from 1 January 1970 on,
-- UTC), -1 is unknown.
-- Grain: a repository and week. Source: weekly_traffic.
select
    repository_id,
    week - date '1970-01-01' as week,
    case when views_complete then coalesce(views, -1) else -1 end as views,
    case when views_complete then coalesce(view_uniques, -1) else -1 end as view_uniques,
    case when clones_complete then coalesce(clones, -1) else -1 end as clones,
    case when clones_complete then coalesce(clone_uniques, -1) else -1 end as clone_uniques
from weekly_traffic
where
    repository_id in (select unnest($visible::integer[]))
    and week between $first_day and $last_day
    and (views_complete or clones_complete);
