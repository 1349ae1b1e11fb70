-- Spikes: Days far above the repository's own weekly pattern, the largest first.
select full_name, peak_day, metric, value, round(expected) as expected, round(value / greatest(expected, 1), 1) as times_expected
from v_spikes
where kind = 'spike'
order by times_expected desc, full_name, peak_day;
