-- Weekly unique visitors: GitHub's own count of the week beside the sum of its days: the nearer the ratio to 1, the
-- fewer come back.
select full_name, week, view_uniques, visitor_days, round(visitor_days / view_uniques, 2) as days_a_visitor
from v_weekly
where view_uniques > 0 and views_state = 'final'
order by full_name, week desc;
