-- Of the newest of $runs of each tenant: how many of its visible repositories were asked about, and of how many something
-- failed. Grain: a run and tenant. Source: collection_result, repository.
select
    result.run_id,
    count(distinct result.repository_id) as asked,
    count(distinct result.repository_id) filter (where result.outcome not in (select unnest($harmless))) as failing
from collection_result as result
inner join repository using (repository_id)
where
    result.run_id in (select unnest($runs))
    and result.repository_id in (select unnest($visible))
group by result.run_id, repository.tenant_id
qualify result.run_id = max(result.run_id) over (partition by repository.tenant_id);
