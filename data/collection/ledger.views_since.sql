-- The views of the scope's repositories since $since (UTC date). Grain out: one number.
-- Source: daily_traffic, repository. $tenant_ids and $repository_ids: null means all.
select coalesce(sum(daily_traffic.views), 0) as views
from daily_traffic
inner join repository using (repository_id)
where
    daily_traffic.day >= $since
    and ($tenant_ids is null or list_contains($tenant_ids, repository.tenant_id))
    and ($repository_ids is null or list_contains($repository_ids, repository.repository_id));
