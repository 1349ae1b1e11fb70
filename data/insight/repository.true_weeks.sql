-- GitHub's own count of people in each of its weeks, where it showed the week whole, beside what the days add up to.
-- A sum of daily uniques counts who came on several days several times. Weeks begin on Monday, UTC.
-- Grain: a week that has a day between the two, the newest first. Source: weekly_traffic, v_daily.
with weeks as (
    select
        repository_id,
        week,
        case when views_complete then views end as views,
        case when views_complete then view_uniques end as view_uniques,
        case when clones_complete then clones end as clones,
        case when clones_complete then clone_uniques end as clone_uniques
    from weekly_traffic
    where
        repository_id in (select unnest($visible::integer[]))
        and week between $first_day::date - 6 and $last_day::date
        and (views_complete or clones_complete)
),

summed as (
    select
        date_trunc('week', day)::date as week,
        sum(view_uniques)::bigint as visitor_days,
        sum(clone_uniques)::bigint as cloner_days
    from v_daily
    where
        repository_id in (select unnest($visible::integer[]))
        and day between $first_day::date - 6 and $last_day::date + 6
    group by date_trunc('week', day)
)

select
    weeks.week,
    weeks.views,
    weeks.view_uniques,
    summed.visitor_days,
    weeks.clones,
    weeks.clone_uniques,
    summed.cloner_days
from weeks
left join summed using (week)
order by weeks.week desc;
