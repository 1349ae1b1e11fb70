-- Lets a series run over months, each whole: the sums of its known days, final where every day of the month is.
-- Grain: a repository and month (its first day, UTC). Source: shown_day.
create or replace temp macro shown_period(from_day, to_day) as table
with months as (
    select
        repository_id,
        date_trunc('month', day)::date as period,
        sum(views)::bigint as views,
        sum(view_uniques)::bigint as visitor_days,
        count(*) filter (where views_state = 'final') as views_final,
        bool_or(views_state = 'gap') as views_have_gap,
        sum(clones)::bigint as clones,
        sum(clone_uniques)::bigint as cloner_days,
        count(*) filter (where clones_state = 'final') as clones_final,
        bool_or(clones_state = 'gap') as clones_have_gap,
        min(day) > date_trunc('month', min(day))::date
        or (max(day) < last_day(max(day)) and max(day) < (select today from v_today) - 14) as lacks_days
    from shown_day(date_trunc('month', from_day)::date, last_day(to_day))
    group by repository_id, date_trunc('month', day)::date
)

select
    repository_id,
    period,
    views,
    visitor_days as view_uniques,
    case when visitor_days is not null then 'days' end as view_uniques_kind,
    case
        when views_final = extract('day' from last_day(period)) then 'final'
        when views_have_gap or lacks_days then 'gap'
        else 'pending'
    end as views_state,
    clones,
    cloner_days as clone_uniques,
    case when cloner_days is not null then 'days' end as clone_uniques_kind,
    case
        when clones_final = extract('day' from last_day(period)) then 'final'
        when clones_have_gap or lacks_days then 'gap'
        else 'pending'
    end as clones_state
from months;
