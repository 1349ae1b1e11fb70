-- A counter (stars, forks, watchers, open issues and pull requests), as $metric says, of the repositories with the most
-- views (then clones, then by name) from the first day to the last one: the last look of each day, week (Monday) or month,
-- UTC, that has one.
-- Grain: a repository and period. Source: v_daily, v_stars, from the session's variable today. left_out: how many
-- repositories with such days have more than $most others before them.
with largest as (
    select
        repository_id,
        full_name,
        row_number() over (
            order by sum(views) desc nulls last, sum(clones) desc nulls last, lower(full_name), repository_id
        ) as place,
        greatest(count(*) over () - $most, 0) as left_out
    from v_daily
    where
        repository_id in (select unnest($visible::integer[]))
        and day between $first_day and $last_day
        and contains(lower(full_name), lower($search))
    group by repository_id, full_name
    qualify place <= $most
),

looks as (
    select
        repository_id,
        day,
        case $metric
            when 'stars' then stars
            when 'forks' then forks
            when 'watchers' then watchers
            when 'open_issues_and_pull_requests' then open_issues_and_pull_requests
        end as number
    from v_stars
    where
        repository_id in (select unnest($visible::integer[]))
        and day between $first_day and $last_day
)

select
    repository_id,
    largest.full_name,
    date_trunc($grain, looks.day)::date as period,
    arg_max(looks.number, looks.day) as value,
    'final' as state,
    null as kind,
    0 as pending,
    any_value(largest.left_out) as left_out
from looks
inner join largest using (repository_id)
where looks.number is not null
group by repository_id, largest.full_name, period
order by lower(largest.full_name), repository_id, period;
