-- Stars gained by the visible repositories in days, weeks (from Monday) or months, of the days from the first to the last
-- one. A period is final where each of its days is: read two days later (the history's days are not quite UTC's) and three
-- days old; partial where each that is asked for is. It is pending while days may still come, and a gap where it is known in part for good.
-- Grain: a repository and period that has a day between two days. Source: repository, star_history, endpoint_state.
with gained as (
    select
        repository.repository_id,
        repository.full_name,
        star_history.day,
        date_trunc($grain, star_history.day)::date as period,
        star_history.stars,
        least(endpoint_state.last_good_at::date - 2, v_today.final_until) as settled_until
    from repository
    inner join star_history using (repository_id)
    inner join endpoint_state
        on
            repository.repository_id = endpoint_state.repository_id
            and endpoint_state.endpoint = 'star_history'
    cross join v_today
    where
        repository.repository_id in (select unnest($visible::integer[]))
        and star_history.day between $first_day and $last_day
),

periods as (
    select
        repository_id,
        full_name,
        period,
        sum(stars)::bigint as value,
        count(*) as known_days,
        any_value(settled_until) as settled_until,
        case $grain
            when 'day' then period
            when 'week' then period + 6
            else last_day(period)
        end as period_end,
        greatest(period, $first_day::date) as first_day,
        least(period_end, $last_day::date) as last_day
    from gained
    group by repository_id, full_name, period
)

select
    repository_id,
    full_name,
    period,
    value,
    case
        when last_day > settled_until then 'pending'
        when known_days = period_end - period + 1 then 'final'
        when known_days = last_day - first_day + 1 then 'partial'
        else 'gap'
    end as state
from periods
order by lower(full_name), repository_id, period;
