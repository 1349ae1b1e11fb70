-- Gaps: Lost days, as ranges.
select tenant, full_name, metric, first_day, last_day, days
from v_gaps
where state = 'gap'
order by days desc, full_name, metric;
