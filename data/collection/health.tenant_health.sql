-- How the visible repositories of each active tenant stand that are not on hold: how many, how many were to be asked by the
-- tenant's newest time ($times, as long as $tenant_ids) and how many of these were not, and which need a closer look: refused by
-- GitHub, near a loss, or silent since the session's variable known_from, before which no day is read: what they are about to lose
-- is not known here. Of the others the first loss (days_until_loss); is_failing: an endpoint's newest answer was none. Times are
-- UTC. Grain: a tenant. Source: v_repositories, repository, endpoint_state. Looked at from the session's variable today.
with visible as materialized (
    select unnest($visible::integer[]) as repository_id
),

answered as (
    select
        repository_id,
        max(last_tried_at) filter (where endpoint in ('views', 'repository')) as tried_at,
        bool_or(not list_contains($harmless, last_outcome)) as is_failing
    from endpoint_state
    where repository_id in (select repository_id from visible)
    group by repository_id
),

due as (
    select
        unnest($tenant_ids::integer[]) as tenant_id,
        unnest($times::timestamp[]) as due_at
),

health as (
    select
        known.repository_id,
        known.tenant_id,
        known.tenant,
        known.days_until_loss,
        list_contains($refused, known.state)
        or known.days_until_loss <= $near_days
        or coalesce(known.last_collected_at < getvariable('known_from')::date, true) as is_in_trouble,
        known.last_collected_at as good_at,
        answered.tried_at,
        answered.is_failing,
        greatest(repository.added_at, repository.state_since) as since,
        known.state = 'active' and since < due.due_at as is_waiting,
        is_waiting and coalesce(answered.tried_at < due.due_at, true) as is_left
    from v_repositories as known
    inner join repository using (repository_id)
    inner join due on known.tenant_id = due.tenant_id
    left join answered using (repository_id)
    where
        known.repository_id between list_min($visible::integer[]) and list_max($visible::integer[]) and -- DuckDB 1.5
        known.repository_id in (select repository_id from visible)
        and not list_contains($on_hold, known.state)
)

select
    health.tenant_id,
    health.tenant,
    count(*) as tracked,
    count(*) filter (where is_waiting) as waiting,
    count(*) filter (where is_left) as left_out,
    max(coalesce(tried_at, since)) filter (where is_left) as left_since,
    max(tried_at) as last_tried_at,
    max(good_at) as last_good_at,
    min(days_until_loss) filter (where not is_in_trouble) as days_until_loss,
    coalesce(list(repository_id) filter (where is_in_trouble), []) as in_trouble,
    coalesce(bool_or(is_failing), false) as is_failing
from health
group by all
order by health.tenant_id;
