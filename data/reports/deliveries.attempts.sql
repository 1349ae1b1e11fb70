-- The newest attempts to send something of one's own, or of tenants. Times are UTC. Grain: an attempt. Source: delivery_attempt.
select
    happened_at,
    kind,
    subscription_id,
    subscription,
    channel,
    occasion,
    outcome,
    status,
    reason
from delivery_attempt
where
    $everything
    or user_id = $user_id
    or tenant_id in (select unnest($tenant_ids::integer[]))
order by happened_at desc
limit $most;
