-- Deletes the stretches that are judged anew: those that reach a day, and those that reach into a new one.
-- Grain: a stretch. Target: spike.
with fresh as (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($metrics::text[]) as metric,
        unnest($first_days::date[]) as first_day
)

delete from spike
where
    repository_id in (select unnest($ids::integer[]))
    and (
        last_day >= $begin
        or exists (
            select 1
            from fresh
            where
                fresh.repository_id = spike.repository_id
                and fresh.metric = spike.metric
                and fresh.first_day <= spike.last_day
        )
    );
