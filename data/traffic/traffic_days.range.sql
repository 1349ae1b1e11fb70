-- The first and the last day (of weeks: the Monday) known outside of what is known anyway, UTC; nulls where none is.
-- Grain: one row. Source: daily_traffic, weekly_traffic.
select
    min(day) as first_day,
    max(day) as last_day
from (
    select day
    from daily_traffic
    where
        repository_id in (select unnest($visible::integer[]))
        and (day < $first_day or day > $last_day)
    union all
    select week as day
    from weekly_traffic
    where repository_id in (select unnest($visible::integer[]))
);
