-- The first and the last day that answers told of the visible repositories, UTC; nulls where there is none.
-- Grain: one row. Source: coverage, endpoint_state.
with seen as (
    select
        min(first_day) as first_day,
        max(last_day) as last_day
    from coverage
    where repository_id in (select unnest($visible))
    union all
    select
        null as first_day,
        max(last_good_at)::date as last_day
    from endpoint_state
    where
        repository_id in (select unnest($visible))
        and endpoint in ('views', 'clones')
)

select
    min(first_day) as first_day,
    max(last_day) as last_day
from seen;
