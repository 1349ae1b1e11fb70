-- A counter (stars, forks, watchers, open issues and pull requests), as $metric says, of repositories from the first day to
-- the last one: the last look of each day, week (Monday) or month, UTC, that has one.
-- Grain: a repository and period. Source: v_stars.
with visible as (
    select unnest($visible::integer[]) as repository_id
),

looks as (
    select
        repository_id,
        full_name,
        day,
        case $metric
            when 'stars' then stars
            when 'forks' then forks
            when 'watchers' then watchers
            when 'open_issues_and_pull_requests' then open_issues_and_pull_requests
        end as number
    from v_stars
    where
        repository_id in (select repository_id from visible)
        and day between $first_day and $last_day
)

select
    repository_id,
    full_name,
    date_trunc($grain, day)::date as period,
    arg_max(number, day) as value,
    'final' as state,
    null as kind,
    0 as pending
from looks
where number is not null
group by repository_id, full_name, period
order by lower(full_name), repository_id, period;
