-- The days of some repositories whose views or clones are final: covered by an answer, and three days old or older; the
-- other metric is null. A place is the number of days after the first (UTC). Grain: a repository and day. Source: daily_traffic, coverage.
with days as (
    select
        repository_id,
        day,
        views,
        clones
    from daily_traffic
    where
        repository_id in (select unnest($visible::integer[]))
        and day between $first_day and least($last_day::date, coalesce($today::date, (select today from v_today)) - 3)
),

covered as (
    select
        repository_id,
        metric,
        first_day,
        last_day
    from coverage
    where repository_id in (select unnest($visible::integer[]))
)

select
    days.repository_id,
    days.day - $first_day::date as place,
    case when view_coverage.repository_id is not null then days.views end as views,
    case when clone_coverage.repository_id is not null then days.clones end as clones
from days
left join covered as view_coverage
    on
        days.repository_id = view_coverage.repository_id
        and view_coverage.metric = 'views'
        and days.day between view_coverage.first_day and view_coverage.last_day
left join covered as clone_coverage
    on
        days.repository_id = clone_coverage.repository_id
        and clone_coverage.metric = 'clones'
        and days.day between clone_coverage.first_day and clone_coverage.last_day;
