-- What a repository has had since the first day that is known, pending days included: sums, the greatest days, its stars,
-- and the greatest milestone of which the day is known. Days are UTC (GitHub does not promise it of the stars gained).
-- Grain: one row; unknown is null. Source: v_daily, repository_stats, star_history.
with known as (
    select
        day,
        views,
        clones
    from v_daily
    where
        repository_id in (select unnest($visible::integer[]))
        and (views is not null or clones is not null)
),

newest as (
    select
        day,
        stars
    from repository_stats
    where
        repository_id in (select unnest($visible::integer[]))
        and stars is not null
        and (batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
    order by day desc
    limit 1
),

-- The stars at the end of each day: those of the newest look, less what was gained after the day.
running as (
    select
        gained.stars as stars_gained,
        newest.stars - coalesce(
            sum(gained.stars) over (order by gained.day desc rows between unbounded preceding and 1 preceding), 0
        ) as stars,
        gained.day
    from star_history as gained
    inner join newest on gained.day <= newest.day
    where gained.repository_id in (select unnest($visible::integer[]))
),

reached as (
    select
        milestones.stars,
        min(running.day) as day
    from running
    inner join (select unnest($milestones::bigint[]) as stars) as milestones
        on
            running.stars >= milestones.stars
            and running.stars - running.stars_gained < milestones.stars
    group by milestones.stars
    order by milestones.stars desc
    limit 1
)

select
    min(known.day) as first_day,
    sum(known.views)::bigint as views,
    sum(known.clones)::bigint as clones,
    max(known.views) as most_views,
    arg_max(known.day, known.views) as most_views_day,
    (select stars from newest) as stars,
    (select stars from reached) as milestone,
    (select day from reached) as milestone_day
from known;
