-- The stars gained on some days, where the history was read two days later or more (its days are not quite UTC's); a
-- place is the number of days after the first. Grain: a repository and day. Source: star_history, endpoint_state.
select
    star_history.repository_id,
    star_history.day - $first_day::date as place,
    star_history.stars
from star_history
inner join endpoint_state
    on
        star_history.repository_id = endpoint_state.repository_id
        and endpoint_state.endpoint = 'star_history'
        and star_history.day <= endpoint_state.last_good_at::date - 2
where
    star_history.repository_id in (select unnest($visible::integer[]))
    and star_history.day between $first_day and $last_day;
