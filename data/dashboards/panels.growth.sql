-- By how much counters have grown: as last read by two days, of what was read by both only, so that the whole stock of
-- a new repository, or of a new file, is no growth. Stars, forks and watchers stand for at most seven days after they
-- were read, downloads until the next reading. Null: nothing was read by both. Grain: all together.
-- Source: repository_stats, release_download.
with visible as materialized (
    select unnest($visible::integer[]) as repository_id
),

readings as (
    select
        repository_id,
        0 as item,
        null as release_id,
        day,
        case $measure when 'stars' then stars when 'forks' then forks when 'watchers' then watchers end as counter
    from repository_stats
    where
        $measure <> 'downloads'
        and repository_id in (select repository_id from visible)
        and day <= $last_day
        and counter is not null
    union all
    select
        repository_id,
        asset_id as item,
        release_id,
        day,
        downloads as counter
    from release_download
    where
        $measure = 'downloads'
        and repository_id in (select repository_id from visible)
        and day <= $last_day
        and counter is not null
),

items as (
    select
        repository_id,
        item,
        arg_max(counter, day) filter (where $measure = 'downloads' or day >= $last_day::date - 7) as now,
        arg_max(counter, day) filter (
            where day < $first_day and ($measure = 'downloads' or day >= $first_day::date - 8)
        ) as before
    from readings
    group by repository_id, item
)

select
    sum(now)::bigint as compared,
    sum(before)::bigint as before
from items
where now is not null and before is not null;
