-- Days of one repository: Every known day from one to another. Give the name as v_repositories has it; leave a part
-- of it out and put % there.
select full_name, day, views, view_uniques, views_state, clones, clone_uniques, clones_state
from v_daily
where full_name ilike $repository and day between $first_day and $last_day
order by full_name, day;
