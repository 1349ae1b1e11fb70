-- The newest top-10 list of each repository in a stretch of days, together, by repository, or by what is listed. Counts
-- are of the 14 days before each list, and added up over repositories only, never over lists of one. The period is
-- the day of the oldest of these lists, UTC. Grain: a name. Source: snapshot, panel_listed, panel_repository.
with newest as (
    select
        repository_id,
        max(observed_on) as observed_on
    from snapshot
    where
        repository_id in (select repository_id from panel_repository)
        and listing = $listing
        and observed_on between $first_day and $last_day
    group by repository_id
),

grouped as (
    select
        case $split when 'repository' then panel_repository.name when 'entry' then panel_listed.entry end as name,
        sum(if($measure = 'views', panel_listed.views, panel_listed.visitors))::bigint as value
    from newest
    inner join panel_listed using (repository_id, observed_on)
    inner join panel_repository using (repository_id)
    group by all
)

select
    (select min(observed_on) from newest) as period,
    name,
    value,
    'final' as state,
    count(*) over () as names
from grouped
order by value desc nulls last, lower(name)
limit $most;
