-- Spikes and drops to export, by their peak day. Days are UTC; of final days only.
-- Grain: a repository, metric and stretch of days. Source: v_spikes. A day that is null narrows nothing.
select
    tenant,
    full_name,
    repository_id,
    metric,
    kind,
    first_day,
    last_day,
    peak_day,
    value,
    expected,
    score
from v_spikes
where
    repository_id between list_min($visible) and list_max($visible)
    and repository_id in (select unnest($visible))
    and ($first_day is null or peak_day >= $first_day)
    and ($last_day is null or peak_day <= $last_day)
order by repository_id, peak_day, metric;
