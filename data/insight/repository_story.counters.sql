-- What else is known of a repository's days: stars gained, and the counters of stars, forks, watchers and downloads as
-- last read on each day; stars gained are settled where the history was read two days later. The last reading of the
-- downloads before the first day stands on the first day.
-- Days are UTC (GitHub does not promise it of the stars gained); unknown is null, never zero.
-- Grain: a day. Source: star_history, repository_stats, release_download.
with gained as (
    select
        star_history.day,
        star_history.stars as stars_gained,
        coalesce(star_history.day <= endpoint_state.last_good_at::date - 2, false) as stars_settled
    from star_history
    left join endpoint_state
        on
            star_history.repository_id = endpoint_state.repository_id
            and endpoint_state.endpoint = 'star_history'
    where
        star_history.repository_id in (select unnest($visible::integer[]))
        and star_history.day between $first_day and $last_day
),

counters as (
    select
        day,
        stars,
        forks,
        watchers
    from repository_stats
    where repository_id in (select unnest($visible::integer[])) and day between $first_day and $last_day
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
    gained.stars_settled,
    counters.stars,
    counters.forks,
    counters.watchers,
    downloads.downloads
from gained
full join counters using (day)
full join downloads using (day)
order by day;
