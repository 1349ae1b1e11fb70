-- The records of changes of traffic that may not have been moved yet, the oldest first.
-- Grain: an entry. Source: audit_outbox (traffic). Times are UTC.
select
    entry_id,
    happened_at,
    user_id,
    action,
    subject,
    detail,
    tenant_id
from audit_outbox
order by happened_at, entry_id;
