-- The mean views a final day of each stretch of $slice_days days, oldest first; stretches without such a day are left out.
-- Days are UTC. Grain: a visible repository with such days whose name contains the search. Source: v_daily, from the session's variable today.
with visible as (
    select unnest($visible::integer[]) as repository_id
),

slices as (
    select
        repository_id,
        (day - $first_day::date) // $slice_days as slice,
        floor(avg(views) * 10 + 0.5) / 10 as mean_views
    from v_daily
    where
        repository_id in (select repository_id from visible)
        and contains(lower(full_name), lower($search))
        and day between $first_day and $last_day
        and views_state = 'final'
        and views is not null
    group by repository_id, slice
)

select
    repository_id,
    list(mean_views order by slice) as sparkline
from slices
group by repository_id;
