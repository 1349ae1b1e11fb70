-- All repositories: Totals since the first known day, with pending days and gaps.
select full_name, state, views, clones, first_day, last_day, pending_days, gap_days
from v_repositories
order by views desc nulls last;
