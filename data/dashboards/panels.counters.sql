-- Counters as last seen by the end of each period (by none: of the last day): stars, forks and watchers for at most seven
-- days after they were read, downloads until the next reading; never added up over time. Together, by repository or by
-- release: the largest groups by what was known last, and how many there are (names). An item is what was counted: a
-- release's asset, else 0, the repository itself. Grain: a name and period (UTC). Source: repository_stats, release_download.
with visible as materialized (
    select
        unnest($visible::integer[]) as repository_id,
        unnest($groups::varchar[]) as name
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
        any_value(release_id) as release_id,
        min(day) as first_day
    from readings
    group by repository_id, item
),

days as (
    select unnest(
        range(
            greatest($first_day::date, (select min(first_day) from items)),
            $last_day::date + interval 1 day,
            interval 1 day
        )
    )::date as day
    where $by <> 'none'
    union all
    select $last_day::date as day
),

periods as (
    select
        case $by
            when 'week' then date_trunc('week', day)::date
            when 'month' then date_trunc('month', day)::date
            else day
        end as period,
        max(day) as last_day
    from days
    group by all
),

moments as (
    select
        items.repository_id,
        items.item,
        items.release_id,
        periods.period,
        periods.last_day
    from items
    inner join periods on items.first_day <= periods.last_day
),

latest as (
    select
        moments.repository_id,
        moments.release_id,
        moments.period,
        if($measure = 'downloads' or moments.last_day - readings.day <= 7, readings.counter, null) as counter
    from moments
    asof inner join readings
        on
            moments.repository_id = readings.repository_id
            and moments.item = readings.item
            and moments.last_day >= readings.day
),

groups as materialized (
    select
        case $split
            when 'repository' then visible.name
            when 'release'
                then
                    if((select count(*) from visible) = 1, '', visible.name || ' ')
                    || coalesce(release.tag_name, 'release ' || latest.release_id::text)
        end as name,
        if($by = 'none', null, latest.period) as period,
        sum(latest.counter)::bigint as value,
        if(count(latest.counter) = count(*), 'final', 'gap') as state
    from latest
    inner join visible using (repository_id)
    left join release
        on latest.repository_id = release.repository_id and latest.release_id = release.release_id
    group by all
),

ranked as (
    select
        name,
        row_number() over (order by arg_max(value, coalesce(period, date '1900-01-01')) desc nulls last, lower(name), name) as place,
        count(*) over () as names
    from groups
    group by name
)

select
    groups.period,
    groups.name,
    groups.value,
    groups.state,
    ranked.names
from groups
inner join ranked on groups.name is not distinct from ranked.name
where ranked.place <= $most
order by ranked.place, groups.period;
