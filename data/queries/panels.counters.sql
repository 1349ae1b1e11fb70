-- Counters as last seen by the end of each period (by none: of the last day): stars, forks and watchers for at most
-- seven days after they were read, downloads until the next reading. Together, by repository or by release; never
-- added up over time. Grain: a name and period (UTC). Source: repository_stats, release_download, panel_repository.
with readings as (
    select
        repository_id,
        0 as item,
        null as release_id,
        day,
        case $measure when 'stars' then stars when 'forks' then forks when 'watchers' then watchers end as counter
    from repository_stats
    where
        repository_id in (select repository_id from panel_repository)
        and $measure <> 'downloads' and day <= $last_day
    union all
    select
        repository_id,
        asset_id as item,
        release_id,
        day,
        downloads as counter
    from release_download
    where
        repository_id in (select repository_id from panel_repository)
        and $measure = 'downloads' and day <= $last_day
),

known as (
    select *
    from readings
    where counter is not null
),

items as (
    select
        repository_id,
        item,
        any_value(release_id) as release_id,
        min(day) as first_day
    from known
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

found as (
    select
        moments.repository_id,
        moments.release_id,
        moments.period,
        if($measure = 'downloads' or moments.last_day - known.day <= 7, known.counter, null) as counter
    from moments
    asof inner join known
        on
            moments.repository_id = known.repository_id
            and moments.item = known.item
            and moments.last_day >= known.day
),

grouped as (
    select
        case $split
            when 'repository' then panel_repository.name
            when 'release'
                then
                    if((select count(*) from panel_repository) = 1, '', panel_repository.name || ' ')
                    || coalesce(release.tag_name, 'release ' || found.release_id::text)
        end as name,
        found.period,
        sum(found.counter)::bigint as value,
        if(count(found.counter) = count(*), 'final', 'gap') as state
    from found
    inner join panel_repository using (repository_id)
    left join release
        on found.repository_id = release.repository_id and found.release_id = release.release_id
    group by all
),

ranked as (
    select
        name,
        row_number() over (order by arg_max(value, period) desc nulls last, lower(name)) as rank,
        count(*) over () as names
    from grouped
    group by name
)

select
    if($by = 'none', null, grouped.period) as period,
    grouped.name,
    grouped.value,
    grouped.state,
    ranked.names
from grouped
inner join ranked on grouped.name is not distinct from ranked.name
where ranked.rank <= $most
order by ranked.rank, grouped.period;
