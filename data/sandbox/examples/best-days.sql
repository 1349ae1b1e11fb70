-- Best days: The ten days with the most views of any repository.
select full_name, day, views, view_uniques
from v_daily
where views_state = 'final'
order by views desc
limit 10;
