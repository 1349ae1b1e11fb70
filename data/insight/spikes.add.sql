-- Adds stretches of days that stand out, of the repositories that are there still. Grain: a stretch. Target: spike.
insert into spike (repository_id, metric, first_day, last_day, peak_day, value, expected, score)
with fresh as (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($metrics::text[]) as metric,
        unnest($first_days::date[]) as first_day,
        unnest($last_days::date[]) as last_day,
        unnest($peak_days::date[]) as peak_day,
        unnest($counts::bigint[]) as value,
        unnest($expected::double[]) as expected,
        unnest($scores::double[]) as score
)

select
    repository_id,
    metric,
    first_day,
    last_day,
    peak_day,
    value,
    expected,
    score
from fresh
semi join repository using (repository_id)
order by repository_id, peak_day;
