-- The endpoints that are failing: tried since their last good answer, which is older than it may be (never: since
-- the repository was added). Times are UTC. Grain: an active repository of an active tenant and endpoint.
-- Source: endpoint_state, and the newest failure's reason from collection_result.
with stale as (
    select
        repository.repository_id,
        tenant.name as tenant,
        repository.full_name,
        state.endpoint,
        state.last_good_at,
        state.last_outcome
    from endpoint_state as state
    inner join repository using (repository_id)
    inner join tenant using (tenant_id)
    where
        state.repository_id in (select unnest($visible))
        and tenant.active
        and repository.state = 'active'
        and state.last_outcome not in (select unnest($good))
        and coalesce(state.last_good_at, repository.added_at) <= case
            when state.endpoint in (select unnest($lists)) then $lists_before::timestamp
            when state.endpoint not in (select unnest($with_days)) then $others_before::timestamp
        end
),

reasons as (
    select
        repository_id,
        endpoint,
        arg_max(message, finished_at) as message
    from collection_result
    where
        repository_id in (select repository_id from stale)
        and outcome not in (select unnest($harmless))
    group by repository_id, endpoint
)

select
    stale.repository_id,
    stale.tenant,
    stale.full_name,
    stale.endpoint,
    stale.last_good_at,
    coalesce(reasons.message, stale.last_outcome) as reason
from stale
left join reasons using (repository_id, endpoint)
order by stale.tenant, lower(stale.full_name), stale.repository_id, stale.endpoint;
