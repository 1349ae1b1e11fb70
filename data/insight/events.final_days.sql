-- The days of one repository, each metric null unless it is final. Stars gained are so where the history was read two days
-- later (its days are not quite UTC's) and the day is three days old. Days are UTC; uniques are those of the one day.
-- Grain: a day that is known. Source: v_daily, v_today (from the session's variable today), star_history, endpoint_state.
with counted as (
    select
        day,
        case when views_state = 'final' then views end as views,
        case when views_state = 'final' then view_uniques end as visitor_days,
        case when clones_state = 'final' then clones end as clones,
        case when clones_state = 'final' then clone_uniques end as cloner_days
    from v_daily
    where
        repository_id in (select unnest($visible::integer[]))
        and day between $first_day and $last_day
),

starred as (
    select
        star_history.day,
        star_history.stars
    from star_history
    inner join endpoint_state
        on
            star_history.repository_id = endpoint_state.repository_id
            and endpoint_state.endpoint = 'star_history'
            and star_history.day <= endpoint_state.last_good_at::date - 2
    cross join v_today
    where
        star_history.repository_id in (select unnest($visible::integer[]))
        and star_history.day between $first_day and least($last_day::date, v_today.final_until)
)

select
    day,
    counted.views,
    counted.visitor_days,
    counted.clones,
    counted.cloner_days,
    starred.stars
from counted
full join starred using (day)
order by day;
