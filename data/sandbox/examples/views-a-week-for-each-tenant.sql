-- Views a week for each tenant: Whole weeks only; a week in which a repository has a gap shows how many of them are
-- whole.
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
