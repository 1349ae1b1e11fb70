-- Weekly pattern: Typical views and clones by weekday; the median ignores single spikes.
select full_name, dayname(day) as weekday, median(views) as median_views, median(clones) as median_clones
from v_daily
where views_state = 'final' and clones_state = 'final'
group by full_name, isodow(day), dayname(day)
order by full_name, isodow(day);
