-- How many collected repositories lack GitHub's own count of a whole week that it still shows. Source: repository, weekly_traffic.
with visible as (
    select unnest($visible::integer[]) as repository_id
)

select count(*) as repositories
from repository
inner join tenant using (tenant_id)
left join weekly_traffic
    on
        repository.repository_id = weekly_traffic.repository_id
        and weekly_traffic.week = $first_day
where
    repository.repository_id in (select repository_id from visible)
    and tenant.active
    and repository.state = 'active'
    and repository.added_at::date <= $last_day
    and not (coalesce(weekly_traffic.views_complete, false) and coalesce(weekly_traffic.clones_complete, false));
