-- The attempts to send reports and alerts of tenants that are seen whole. Grain: an attempt. Source: delivery_attempt.
insert into delivery_attempt
select attempt.*
from version.delivery_attempt as attempt
where attempt.tenant_id in (select unnest($tenant_ids::integer[]));
