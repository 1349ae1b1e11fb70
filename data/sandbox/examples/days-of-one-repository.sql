-- Days of one repository: All known days in a range. Use a name from v_repositories; % matches anything.
select full_name, day, views, view_uniques, views_state, clones, clone_uniques, clones_state
from v_daily
where full_name ilike $repository and day between $first_day and $last_day
order by full_name, day;
