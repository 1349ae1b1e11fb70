-- The days of v_daily, of the repositories set down and between two days: filtered first, so that neither rows nor
-- states of anything else are computed. Days are UTC, unknown is null. Grain: a repository and day.
-- Source: shown_repository, daily_traffic, coverage; seen from the session's variable today.
create or replace temp macro shown_day(from_day, to_day) as table
with covered as (
    select
        repository_id,
        metric,
        first_day,
        last_day
    from coverage
    where repository_id in (select repository_id from shown_repository)
),

known as (
    select
        repository_id,
        day,
        views,
        view_uniques,
        clones,
        clone_uniques
    from daily_traffic
    where
        repository_id in (select repository_id from shown_repository)
        and day between from_day and to_day
),

bounds as (
    select
        repository_id,
        metric,
        first_day,
        last_day
    from covered
    union all
    select
        shown_repository.repository_id,
        metrics.metric,
        shown_repository.known_until + 1 as first_day,
        shown_repository.known_until + 1 as last_day
    from shown_repository
    cross join (values ('views'), ('clones')) as metrics (metric)
),

uncovered as (
    select
        bounds.repository_id,
        greatest(
            coalesce(lag(bounds.last_day) over earlier + 1, shown_repository.known_from),
            from_day
        ) as first_day,
        least(bounds.first_day - 1, to_day) as last_day
    from bounds
    inner join shown_repository using (repository_id)
    where bounds.first_day is not null
    window earlier as (partition by bounds.repository_id, bounds.metric order by bounds.first_day)
),

missing as (
    select distinct
        repository_id,
        first_day + unnest(range(last_day - first_day + 1))::integer as day
    from uncovered
    where first_day <= last_day
),

days as (
    from known
    union all
    select
        missing.repository_id,
        missing.day,
        null as views,
        null as view_uniques,
        null as clones,
        null as clone_uniques
    from missing
    anti join known using (repository_id, day)
),

judged as (
    select
        days.*,
        view_coverage.repository_id is not null as views_covered,
        clone_coverage.repository_id is not null as clones_covered
    from days
    left join covered as view_coverage
        on
            days.repository_id = view_coverage.repository_id
            and view_coverage.metric = 'views'
            and days.day between view_coverage.first_day and view_coverage.last_day
    left join covered as clone_coverage
        on
            days.repository_id = clone_coverage.repository_id
            and clone_coverage.metric = 'clones'
            and days.day between clone_coverage.first_day and clone_coverage.last_day
)

select
    judged.repository_id,
    judged.day,
    judged.views,
    judged.view_uniques,
    case
        when judged.views_covered and judged.day <= v_today.today - 3 then 'final'
        when not judged.views_covered and judged.day < v_today.today - 13 then 'gap'
        else 'pending'
    end as views_state,
    judged.clones,
    judged.clone_uniques,
    case
        when judged.clones_covered and judged.day <= v_today.today - 3 then 'final'
        when not judged.clones_covered and judged.day < v_today.today - 13 then 'gap'
        else 'pending'
    end as clones_state
from judged
cross join v_today;
