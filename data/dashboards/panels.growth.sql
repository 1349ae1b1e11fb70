-- By how much counters have grown: as last read by two days, of what was read by both only, so that the whole stock of
-- a new repository, or of a new file, is no growth. Stars, forks and watchers stand for at most seven days after they
-- were read, downloads until the next reading. Null: nothing was read by both. Grain: all together. Source:
-- panel_reading.
with items as (
    select
        repository_id,
        item,
        arg_max(counter, day) filter (where $measure = 'downloads' or day >= $last_day::date - 7) as now,
        arg_max(counter, day) filter (
            where day < $first_day and ($measure = 'downloads' or day >= $first_day::date - 8)
        ) as before
    from panel_reading
    where counter is not null
    group by repository_id, item
)

select
    sum(now)::bigint as compared,
    sum(before)::bigint as before
from items
where now is not null and before is not null;
