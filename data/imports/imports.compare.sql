-- What the incoming days are beside what is stored: readings (a metric of a day) that are new, greater, equal, smaller;
-- days of which something becomes known, and those of them between days that have a row already.
-- Grain: one row. Source: incoming_day, daily_traffic.
with compared as (
    select
        incoming.day,
        stored.day is not null as has_row,
        (incoming.views is not null and stored.views_source is null)
        or (incoming.clones is not null and stored.clones_source is null) as becomes_known,
        case
            when coalesce(incoming.views, incoming.view_uniques) is null then null
            when coalesce(stored.views, stored.view_uniques) is null then 'new'
            when
                incoming.views > coalesce(stored.views, -1)
                or (incoming.views = stored.views and incoming.view_uniques > coalesce(stored.view_uniques, -1))
                or (incoming.views is null and stored.view_uniques is null and incoming.view_uniques <= stored.views)
                then 'greater'
            when
                incoming.views is not distinct from stored.views
                and incoming.view_uniques is not distinct from stored.view_uniques
                then 'equal'
            else 'smaller'
        end as views,
        case
            when coalesce(incoming.clones, incoming.clone_uniques) is null then null
            when coalesce(stored.clones, stored.clone_uniques) is null then 'new'
            when
                incoming.clones > coalesce(stored.clones, -1)
                or (incoming.clones = stored.clones and incoming.clone_uniques > coalesce(stored.clone_uniques, -1))
                or (incoming.clones is null and stored.clone_uniques is null and incoming.clone_uniques <= stored.clones)
                then 'greater'
            when
                incoming.clones is not distinct from stored.clones
                and incoming.clone_uniques is not distinct from stored.clone_uniques
                then 'equal'
            else 'smaller'
        end as clones
    from incoming_day as incoming
    left join daily_traffic as stored using (repository_id, day)
)

select
    count(*) filter (where views = 'new') + count(*) filter (where clones = 'new') as readings_new,
    count(*) filter (where views = 'greater') + count(*) filter (where clones = 'greater') as readings_greater,
    count(*) filter (where views = 'equal') + count(*) filter (where clones = 'equal') as readings_equal,
    count(*) filter (where views = 'smaller') + count(*) filter (where clones = 'smaller') as readings_smaller,
    count(*) filter (where becomes_known) as days_won,
    count(*) filter (where becomes_known and has_row) as gaps_closed,
    min(day) filter (where views is not null or clones is not null) as first_day,
    max(day) filter (where views is not null or clones is not null) as last_day
from compared;
