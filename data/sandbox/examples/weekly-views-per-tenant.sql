-- Weekly views per tenant: Whole weeks only, with the number of repositories that are complete.
select
    tenant,
    week,
    sum(views) as views,
    sum(clones) as clones,
    count(*) filter (where views_state = 'final') as whole_repositories,
    count(*) as repositories
from v_weekly
group by tenant, week
having whole_repositories > 0
order by week desc, tenant;
