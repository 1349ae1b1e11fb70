-- Top-10 lists of referrers or paths as they were, together, by repository, or by what is listed; where $newest, of each
-- repository the newest list only, as one period: the day of the oldest of these. The largest groups, and how many there
-- are (names). Counts are of the 14 days before each list: they overlap, and are added up over repositories only, never
-- over lists of one. Who was not in a list of that day is unknown: null. A day is a gap where not every repository whose
-- lists begin before and end after it had one. Grain: a name and day of observation (UTC).
-- Source: snapshot, referrer_snapshot, path_snapshot.
with visible as materialized (
    select
        unnest($visible::integer[]) as repository_id,
        unnest($groups::varchar[]) as name
),

list_day as (
    select
        repository_id,
        observed_on
    from snapshot
    where
        repository_id in (select repository_id from visible)
        and listing = $listing
        and observed_on between $first_day and $last_day
    qualify not $newest or observed_on = max(observed_on) over (partition by repository_id)
),

listed as (
    select
        repository_id,
        observed_on,
        referrer as entry,
        views,
        view_uniques as visitors
    from referrer_snapshot
    where
        $listing = 'referrers'
        and repository_id in (select repository_id from visible)
        and observed_on between $first_day and $last_day
    union all
    select
        repository_id,
        observed_on,
        path as entry,
        views,
        view_uniques as visitors
    from path_snapshot
    where
        $listing = 'paths'
        and repository_id in (select repository_id from visible)
        and observed_on between $first_day and $last_day
),

spans as (
    select
        repository_id,
        min(observed_on) as first_day,
        max(observed_on) as last_day
    from list_day
    group by repository_id
),

periods as (
    select
        looked.observed_on as period,
        looked.repositories < count(*) as misses_some
    from (select observed_on, count(*) as repositories from list_day group by observed_on) as looked
    inner join spans on looked.observed_on between spans.first_day and spans.last_day
    where not $newest
    group by looked.observed_on, looked.repositories
    union all
    select
        min(observed_on) as period,
        false as misses_some
    from list_day
    where $newest
    having count(*) > 0
),

groups as (
    select
        case $split when 'repository' then visible.name when 'entry' then listed.entry end as name,
        if($newest, (select min(observed_on) from list_day), list_day.observed_on) as period,
        sum(listed.views)::bigint as views,
        sum(listed.visitors)::bigint as visitors
    from list_day
    inner join listed using (repository_id, observed_on)
    inner join visible using (repository_id)
    group by all
),

ranked as (
    select
        name,
        row_number() over (order by max(if($measure = 'views', views, visitors)) desc nulls last, lower(name), name) as place,
        count(*) over () as names
    from groups
    group by name
)

select
    periods.period,
    ranked.name,
    if($measure = 'views', groups.views, groups.visitors) as value,
    groups.views,
    groups.visitors,
    if(periods.misses_some or value is null, 'gap', 'final') as state,
    ranked.names
from periods
cross join ranked
left join groups on periods.period = groups.period and ranked.name is not distinct from groups.name
where ranked.place <= $most
order by ranked.place, periods.period;
