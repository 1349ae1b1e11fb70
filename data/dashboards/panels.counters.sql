-- Counters as last seen by the end of each period (by none: of the last day): stars, forks and watchers for at most
-- seven days after they were read, downloads until the next reading. Together, by repository or by release; never
-- added up over time. Grain: a name and period (UTC). Source: panel_reading, panel_repository.
create or replace temp table panel_group as
with known as (
    select *
    from panel_reading
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
)

select
    case $split
        when 'repository' then panel_repository.name
        when 'release'
            then
                if((select count(*) from panel_repository) = 1, '', panel_repository.name || ' ')
                || coalesce(release.tag_name, 'release ' || found.release_id::text)
    end as name,
    if($by = 'none', null, found.period) as period,
    sum(found.counter)::bigint as value,
    if(count(found.counter) = count(*), 'final', 'gap') as state
from found
inner join panel_repository using (repository_id)
left join release
    on found.repository_id = release.repository_id and found.release_id = release.release_id
group by all;
