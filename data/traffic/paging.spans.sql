-- From which day to which a repository has rows of days, which are every day in between; and whether GitHub has counted a
-- whole week that has none of these days. Days are UTC, unknown is null.
-- Grain: a repository with days or whole weeks. Source: v_daily, weekly_traffic.
with visible as (
    select unnest($visible::integer[]) as repository_id
),

days as (
    select
        repository_id,
        min(day) as first_day,
        max(day) as last_day
    from v_daily
    where repository_id in (select repository_id from visible)
    group by repository_id
),

weeks as (
    select
        repository_id,
        min(week) as first_week,
        max(week) as last_week
    from weekly_traffic
    where
        repository_id in (select repository_id from visible)
        and (views_complete or clones_complete)
    group by repository_id
)

select
    repository_id,
    days.first_day,
    days.last_day,
    coalesce(
        weeks.first_week < date_trunc('week', days.first_day) or weeks.last_week > days.last_day,
        weeks.first_week is not null
    ) as has_other_weeks
from days
full join weeks using (repository_id);
