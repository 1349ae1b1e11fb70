-- Keeps each distinct window that GitHub answered with, as first observed.
-- Grain in: incoming_window (repository_id, metric, observed_at, first_day, last_day, total, uniques).
merge into traffic_window as stored
using (
    select
        repository_id,
        metric,
        min(observed_at) as observed_at,
        first_day,
        last_day,
        total,
        uniques
    from incoming_window
    group by repository_id, metric, first_day, last_day, total, uniques
) as fresh
on
    stored.repository_id = fresh.repository_id
    and stored.metric = fresh.metric
    and stored.first_day = fresh.first_day
    and stored.last_day = fresh.last_day
    and stored.total = fresh.total
    and stored.uniques is not distinct from fresh.uniques
    and stored.batch_id is null
when matched and fresh.observed_at < stored.observed_at then update set observed_at = fresh.observed_at
when not matched then insert (
    repository_id, metric, observed_at, first_day, last_day, total, uniques
) values (
    fresh.repository_id, fresh.metric, fresh.observed_at,
    fresh.first_day, fresh.last_day, fresh.total, fresh.uniques
);
