-- Stars or downloads gained from the first to the last day by day, week or month, or in all (by none); together, by
-- repository or by release: the largest groups, and how many there are (names). A gain of downloads stands on the day on
-- which it was seen; a first reading is no gain. A period of downloads is pending from the day of the newest answer on, one of stars
-- until its days are three days old and the history was read two days later; partial where only some of its days are
-- asked for. Grain: a name and period (UTC).
-- Source: star_history, release_download, from the session's variable today.
with visible as materialized (
    select
        unnest($visible::integer[]) as repository_id,
        unnest($groups::varchar[]) as name
),

gains as (
    select
        repository_id,
        null as release_id,
        day,
        stars as gained
    from star_history
    where repository_id in (select repository_id from visible) and $measure = 'stars gained'
    union all
    select
        repository_id,
        release_id,
        day,
        downloads - lag(downloads) over (partition by repository_id, asset_id order by day) as gained
    from release_download
    where repository_id in (select repository_id from visible) and $measure = 'downloads gained'
),

newest_answer as (
    select
        repository_id,
        max(last_good_at)::date as answered_on
    from endpoint_state
    where
        repository_id in (select repository_id from visible)
        and endpoint = if($measure = 'stars gained', 'star_history', 'releases')
    group by repository_id
),

of_groups as (
    select
        case $split
            when 'repository' then visible.name
            when 'release'
                then
                    if((select count(*) from visible) = 1, '', visible.name || ' ')
                    || coalesce(release.tag_name, 'release ' || gains.release_id::text)
        end as name,
        gains.repository_id,
        gains.day,
        gains.gained
    from gains
    inner join visible using (repository_id)
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
            spread.day <= coalesce(least(any_value(names.answered_on) - 2, (select final_until from v_today)), spread.day - 1),
            spread.day < coalesce(any_value(names.answered_on), spread.day + 1)
        ) as is_known
    from (
        select
            named.name,
            min(named.first_day) as first_day,
            min(newest_answer.answered_on) as answered_on
        from named
        left join newest_answer using (repository_id)
        group by named.name
    ) as names
    cross join (
        select unnest(
            range(
                greatest($first_day::date, (select min(first_day) from named)),
                least($last_day::date, (select today from v_today)) + interval 1 day,
                interval 1 day
            )
        )::date as day
    ) as spread
    left join named on names.name is not distinct from named.name and spread.day = named.day
    where spread.day >= names.first_day
    group by names.name, spread.day
),

periods as (
    select
        name,
        case $by
            when 'day' then day
            when 'week' then date_trunc('week', day)::date
            when 'month' then date_trunc('month', day)::date
        end as period,
        coalesce(sum(gained), 0)::bigint as value,
        bool_and(is_known) as is_known,
        max(day) as last_day
    from days
    where is_known or gained is not null
    group by all
),

groups as materialized (
    select
        name,
        period,
        value,
        case $by when 'week' then period + 6 when 'month' then last_day(period) else last_day end as period_end,
        case
            when not is_known or last_day < least(period_end, $last_day::date) then 'pending'
            when last_day < period_end or period < $first_day::date then 'partial'
            else 'final'
        end as state
    from periods
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
