-- What could not be used of the newest good answers, since a moment (UTC). Grain: an active repository and warning.
-- Source: collection_result; endpoint_state, which says of each answer whether it is the newest.
with visible as (
    select unnest($visible::integer[]) as repository_id
)

select
    repository.repository_id,
    tenant.name as tenant,
    repository.full_name,
    result.message,
    string_agg(result.endpoint, ', ' order by result.endpoint) as endpoints
from collection_result as result
inner join endpoint_state as newest
    on
        result.repository_id = newest.repository_id
        and result.endpoint = newest.endpoint
        and result.finished_at = newest.last_tried_at
inner join repository on result.repository_id = repository.repository_id
inner join tenant using (tenant_id)
where
    result.repository_id in (select repository_id from visible)
    and result.finished_at >= $since
    and result.outcome in (select unnest($good))
    and contains(result.message, $refused)
    and repository.state = 'active'
    and tenant.active
group by repository.repository_id, tenant.name, repository.full_name, result.message
order by tenant.name, lower(repository.full_name), result.message;
