-- The imports of the visible tenants, the newest first. Times are UTC. Grain: an import. Source: import_batch.
select
    batch_id,
    tenant_id,
    imported_at,
    user_id,
    tool,
    source,
    readings_new,
    readings_greater,
    readings_equal,
    readings_smaller,
    days_won,
    gaps_closed,
    lists,
    windows,
    counters,
    repositories,
    first_day,
    last_day,
    rows_refused
from import_batch
where tenant_id in (select unnest($visible::integer[]))
order by batch_id desc;
