-- What the incoming days are beside what is stored: readings (a metric of a day) that are new, greater, equal, smaller;
-- days of which something becomes known, and those of them between days that have a row already.
-- Grain: one row. Source: incoming_day, daily_traffic.
with readings as (
    select
        incoming.repository_id,
        incoming.day,
        unnest([
            {
                'count': incoming.views, 'uniques': incoming.view_uniques,
                'stored_count': stored.views, 'stored_uniques': stored.view_uniques,
                'is_known': stored.views_source is not null, 'has_row': stored.day is not null
            },
            {
                'count': incoming.clones, 'uniques': incoming.clone_uniques,
                'stored_count': stored.clones, 'stored_uniques': stored.clone_uniques,
                'is_known': stored.clones_source is not null, 'has_row': stored.day is not null
            }
        ], recursive := true)
    from incoming_day as incoming
    left join daily_traffic as stored using (repository_id, day)
),

compared as (
    select
        repository_id,
        day,
        has_row,
        count is not null and not is_known as becomes_known,
        case
            when stored_count is null and stored_uniques is null then 'new'
            when
                count > stored_count
                or (count is not null and stored_count is null)
                or (count = stored_count and uniques > coalesce(stored_uniques, -1))
                or (count is null and stored_uniques is null and uniques <= stored_count)
                then 'greater'
            when count is not distinct from stored_count and uniques is not distinct from stored_uniques then 'equal'
            else 'smaller'
        end as verdict
    from readings
    where count is not null or uniques is not null
)

select
    count(*) filter (where verdict = 'new') as readings_new,
    count(*) filter (where verdict = 'greater') as readings_greater,
    count(*) filter (where verdict = 'equal') as readings_equal,
    count(*) filter (where verdict = 'smaller') as readings_smaller,
    count(distinct (repository_id, day)) filter (where becomes_known) as days_won,
    count(distinct (repository_id, day)) filter (where becomes_known and has_row) as gaps_closed,
    min(day) as first_day,
    max(day) as last_day
from compared;
