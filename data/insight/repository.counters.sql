-- What else is known of a repository's days: stars gained, and the counters of stars, forks, watchers and downloads as
-- last read on each day. The last reading of the downloads before the first day stands on the first day.
-- Days are UTC (GitHub does not promise it of the stars gained); unknown is null, never zero.
-- Grain: a day. Source: star_history, repository_stats, release_download.
with gained as (
    select
        day,
        stars as stars_gained
    from star_history
    where repository_id in (select unnest($visible::integer[])) and day between $first_day and $last_day
),

counters as (
    select
        day,
        stars,
        forks,
        watchers
    from repository_stats
    where
        repository_id in (select unnest($visible::integer[]))
        and day between $first_day and $last_day
        and (batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
),

asset_gains as (
    select
        greatest(day, $first_day) as day,
        downloads - coalesce(lag(downloads) over (partition by asset_id order by day), 0) as gained
    from release_download
    where repository_id in (select unnest($visible::integer[])) and day <= $last_day
),

downloads as (
    select
        day,
        sum(sum(gained)) over (order by day)::bigint as downloads
    from asset_gains
    group by day
)

select
    day,
    gained.stars_gained,
    counters.stars,
    counters.forks,
    counters.watchers,
    downloads.downloads
from gained
full join counters using (day)
full join downloads using (day)
order by day;
