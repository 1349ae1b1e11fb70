-- Stars or downloads gained by day, week or month, each whole, or over all days (by none); together, by repository or by
-- release: the largest groups, and how many there are (names). A gain of downloads stands on the day on which it was
-- seen; a first reading is no gain. A period of downloads is pending from the day of the newest answer on, one of stars
-- until its days are three days old and the history was read two days later. Grain: a name and period (UTC).
-- Source: star_history, release_download, from the session's variable today.
with repositories as (
    select
        repository_id,
        full_name || if(count(*) over (partition by lower(full_name)) > 1, ' · ' || repository_id::text, '') as name
    from repository
    where repository_id in (select unnest($visible::integer[]))
),

bounds as (
    select
        case $by
            when 'week' then date_trunc('week', $first_day::date)::date
            when 'month' then date_trunc('month', $first_day::date)::date
            else $first_day::date
        end as first_day,
        case $by
            when 'week' then date_trunc('week', $last_day::date)::date + 6
            when 'month' then last_day($last_day::date)
            else $last_day::date
        end as last_day
),

gains as (
    select
        repository_id,
        null as release_id,
        day,
        stars as gained
    from star_history
    where repository_id in (select unnest($visible::integer[])) and $measure = 'stars gained'
    union all
    select
        repository_id,
        release_id,
        day,
        downloads - lag(downloads) over (partition by repository_id, asset_id order by day) as gained
    from release_download
    where repository_id in (select unnest($visible::integer[])) and $measure = 'downloads gained'
),

told as (
    select
        repository_id,
        max(last_good_at)::date as told_on
    from endpoint_state
    where
        repository_id in (select unnest($visible::integer[]))
        and endpoint = if($measure = 'stars gained', 'star_history', 'releases')
    group by repository_id
),

of_groups as (
    select
        case $split
            when 'repository' then repositories.name
            when 'release'
                then
                    if((select count(*) from repositories) = 1, '', repositories.name || ' ')
                    || coalesce(release.tag_name, 'release ' || gains.release_id::text)
        end as name,
        gains.repository_id,
        gains.day,
        gains.gained
    from gains
    inner join repositories using (repository_id)
    left join release
        on gains.repository_id = release.repository_id and gains.release_id = release.release_id
),

named as (
    select
        *,
        min(day) over (partition by name) as first_day
    from of_groups
),

days as (
    select
        names.name,
        spread.day,
        sum(named.gained) as gained,
        if(
            $measure = 'stars gained',
            spread.day <= coalesce(least(any_value(names.told_on) - 2, (select final_until from v_today)), spread.day - 1),
            spread.day < coalesce(any_value(names.told_on), spread.day + 1)
        ) as is_told
    from (
        select
            named.name,
            min(named.first_day) as first_day,
            min(told.told_on) as told_on
        from named
        left join told using (repository_id)
        group by named.name
    ) as names
    cross join (
        select unnest(
            range(
                greatest(bounds.first_day, (select min(first_day) from named)),
                least(bounds.last_day, (select today from v_today)) + interval 1 day,
                interval 1 day
            )
        )::date as day
        from bounds
    ) as spread
    left join named on names.name is not distinct from named.name and spread.day = named.day
    where spread.day >= names.first_day
    group by names.name, spread.day
),

groups as materialized (
    select
        name,
        case $by
            when 'day' then day
            when 'week' then date_trunc('week', day)::date
            when 'month' then date_trunc('month', day)::date
        end as period,
        coalesce(sum(gained), 0)::bigint as value,
        if(
            bool_and(is_told)
            and ($by <> 'week' or max(day) = date_trunc('week', max(day))::date + 6)
            and ($by <> 'month' or max(day) = last_day(max(day))),
            'final', 'pending'
        ) as state
    from days
    where is_told or gained is not null
    group by all
),

ranked as (
    select
        name,
        row_number() over (order by sum(value) desc nulls last, lower(name), name) as place,
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
