-- The first and the last day known of the visible repositories, UTC, where some lie outside of what their answers
-- tell; else nulls. Grain: one row. Source: daily_traffic. Bounds that are null leave nothing out.
select
    min(day) as first_day,
    max(day) as last_day
from daily_traffic
where
    repository_id in (select unnest($visible))
    and ($first_day is null or $last_day is null or day < $first_day or day > $last_day);
