-- What the days $before_days before those of a selection add up to, all repositories together, by the days, weeks
-- (Mondays) or months of the selection: a period has the counterparts of its own days. Days are UTC; unknown is null.
-- visitor_days and cloner_days are daily uniques added up. Days that are a gap are left out, and counted (_gaps); a sum of
-- less than $least_share of the days is unknown.
-- Grain: a period of which each day has its counterpart. Source: v_daily, from the session's variable today.
with visible as (
    select unnest($visible::integer[]) as repository_id
),

-- By day first, of which there are few: to tell the days of a period apart among all rows takes as long as to read them.
days as (
    select
        day,
        count(*) as repository_days,
        count_if(views_state = 'gap') as without_views,
        count_if(clones_state = 'gap') as without_clones,
        sum(views) filter (where views_state <> 'gap') as views,
        sum(clones) filter (where clones_state <> 'gap') as clones,
        sum(view_uniques) filter (where views_state <> 'gap') as visitor_days,
        sum(clone_uniques) filter (where clones_state <> 'gap') as cloner_days,
        min(repository_id) as lowest_id,
        max(repository_id) as highest_id
    from v_daily
    where
        repository_id in (select repository_id from visible)
        and day between $first_day::date - $before_days and $last_day::date - $before_days
        and contains(lower(full_name), lower($search))
    group by day
)

select
    date_trunc($grain, day + $before_days)::date as period,
    sum(without_views) as views_gaps,
    sum(without_clones) as clones_gaps,
    case when views_gaps <= (1 - $least_share) * sum(repository_days) then sum(views)::bigint end as views,
    case when clones_gaps <= (1 - $least_share) * sum(repository_days) then sum(clones)::bigint end as clones,
    case when views_gaps <= (1 - $least_share) * sum(repository_days) then sum(visitor_days)::bigint end as visitor_days,
    case when clones_gaps <= (1 - $least_share) * sum(repository_days) then sum(cloner_days)::bigint end as cloner_days,
    min(lowest_id) <> max(highest_id) as has_several,
    min(day) as first_day,
    max(day) as last_day
from days
group by period
having
    count(*)
    = least(
        case $grain when 'week' then period + 6 when 'month' then last_day(period) else period end, $last_day::date
    ) - greatest(period, $first_day::date) + 1
order by period;
