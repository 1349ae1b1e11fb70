-- Stretches of unusual days that an alert may tell of, with their peak since a day. Days are UTC and final.
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
    expected
from v_spikes
where
    repository_id in (select unnest($visible::integer[]))
    and peak_day >= $since
    and abs(score) >= $least_score
    and case
        when kind = 'spike' then value >= $least_times * greatest(expected, 1)
        else value * least($least_times, 2) <= expected
    end
order by peak_day, lower(full_name), metric;
