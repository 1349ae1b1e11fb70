-- Views of each group by week: The repositories of a group together, week by week. Uniques are not added up: who visits two
-- repositories is a visitor of both.
select
    grouped.tenant,
    grouped.group_name,
    weekly.week,
    sum(weekly.views)::bigint as views,
    sum(weekly.clones)::bigint as clones,
    count(*) as repositories
from v_groups as grouped
inner join v_weekly as weekly using (repository_id)
group by grouped.tenant, grouped.group_name, weekly.week
order by weekly.week desc, grouped.tenant, grouped.group_name;
