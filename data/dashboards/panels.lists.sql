-- Top-10 lists as they were, together, by repository, or by what is listed. Counts are of the 14 days before each
-- list: they overlap, and are added up over repositories only. Who was not in a list of that day is unknown: null.
-- A day is a gap where not every repository whose lists begin before and end after it had one.
-- Grain: a name and day of observation (UTC). Source: snapshot, panel_listed, panel_repository.
with seen as (
    select
        repository_id,
        observed_on
    from snapshot
    where
        repository_id in (select repository_id from panel_repository)
        and listing = $listing
        and observed_on between $first_day and $last_day
),

spans as (
    select
        repository_id,
        min(observed_on) as first_day,
        max(observed_on) as last_day
    from seen
    group by repository_id
),

days as (
    select
        looked.observed_on,
        looked.repositories < count(*) as misses_some
    from (select observed_on, count(*) as repositories from seen group by observed_on) as looked
    inner join spans on looked.observed_on between spans.first_day and spans.last_day
    group by looked.observed_on, looked.repositories
),

grouped as (
    select
        case $split when 'repository' then panel_repository.name when 'entry' then panel_listed.entry end as name,
        seen.observed_on,
        sum(if($measure = 'views', panel_listed.views, panel_listed.visitors))::bigint as value
    from seen
    inner join panel_listed using (repository_id, observed_on)
    inner join panel_repository using (repository_id)
    group by all
),

ranked as (
    select
        name,
        row_number() over (order by max(value) desc, lower(name)) as rank,
        count(*) over () as names
    from grouped
    group by name
)

select
    days.observed_on as period,
    ranked.name,
    grouped.value,
    if(days.misses_some or grouped.value is null, 'gap', 'final') as state,
    ranked.names
from days
cross join ranked
left join grouped
    on days.observed_on = grouped.observed_on and ranked.name is not distinct from grouped.name
where ranked.rank <= $most
order by ranked.rank, days.observed_on;
