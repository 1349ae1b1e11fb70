-- What the days $before_days before those of a selection add up to, all repositories together, by the days, weeks
-- (Mondays) or months of the selection: a period has the counterparts of its own days. Days are UTC; unknown is null.
-- visitor_days and cloner_days are daily uniques added up.
-- Grain: a period of which each day has its counterpart; one with a gap is unknown. Source: v_daily, from the session's variable today.
select
    date_trunc($grain, day + $before_days)::date as period,
    if(bool_or(views_state = 'gap'), null, sum(views))::bigint as views,
    if(bool_or(clones_state = 'gap'), null, sum(clones))::bigint as clones,
    if(bool_or(views_state = 'gap'), null, sum(view_uniques))::bigint as visitor_days,
    if(bool_or(clones_state = 'gap'), null, sum(clone_uniques))::bigint as cloner_days,
    count(distinct repository_id) as repositories,
    min(day) as first_day,
    max(day) as last_day
from v_daily
where
    repository_id in (select unnest($visible::integer[]))
    and day between $first_day::date - $before_days and $last_day::date - $before_days
    and contains(lower(full_name), lower($search))
group by period
having
    count(distinct day)
    = least(
        case $grain when 'week' then period + 6 when 'month' then last_day(period) else period end, $last_day::date
    ) - greatest(period, $first_day::date) + 1
order by period;
