-- Spikes: Days that stand out against their repository's own weekly pattern, the clearest first.
select full_name, peak_day, metric, value, round(expected) as expected, round(value / greatest(expected, 1), 1) as times_expected
from v_spikes
where kind = 'spike'
order by times_expected desc, full_name, peak_day;
