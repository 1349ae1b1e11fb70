-- The counts of some days; a place is the number of days after the first. Days are UTC, -1 is unknown.
-- Grain: a repository and day. Source: daily_traffic.
select
    repository_id,
    day - $first_day::date as place,
    coalesce(views, -1) as views,
    coalesce(view_uniques, -1) as view_uniques,
    coalesce(clones, -1) as clones,
    coalesce(clone_uniques, -1) as clone_uniques
from daily_traffic
where
    repository_id in (select unnest($visible::integer[]))
    and day between $first_day and $last_day;
