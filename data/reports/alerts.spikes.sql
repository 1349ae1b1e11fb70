-- Stretches of unusual days with their peak since a day. Days are UTC and final.
-- Grain: a repository, metric and stretch. Source: v_spikes (variable today).
select
    repository_id,
    full_name,
    metric,
    kind,
    first_day,
    last_day,
    peak_day,
    value,
    expected,
    score
from v_spikes
where repository_id in (select unnest($visible::integer[])) and peak_day >= $since
order by peak_day, lower(full_name), metric;
