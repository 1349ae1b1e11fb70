-- The days of one repository: views, clones and stars gained, null unless they are final. Stars are so where the history
-- was read two days later (its days are not quite UTC's) and the day is three days old. Days are UTC.
-- Grain: a day that is known. Source: shown_repository, shown_day, star_history, endpoint_state.
with counted as (
    select
        day,
        case when views_state = 'final' then views end as views,
        case when clones_state = 'final' then clones end as clones
    from shown_day($first_day::date, $last_day::date)
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
        star_history.repository_id in (select repository_id from shown_repository)
        and star_history.day between $first_day::date and $last_day::date
        and star_history.day <= v_today.today - 3
)

select
    day,
    counted.views,
    counted.clones,
    starred.stars
from counted
full join starred using (day)
order by day;
