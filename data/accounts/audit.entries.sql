-- The entries that a user may read, the newest first. Grain: an entry. Source: audit_log (control). Times are UTC.
-- With $everything all of them, otherwise those of the tenants $tenant_ids.
select
    happened_at,
    actor,
    act,
    subject,
    detail,
    tenant_id
from audit_log
where
    ($everything or tenant_id in (select unnest($tenant_ids::integer[])))
    and (
        contains(lower(concat_ws(' ', actor, act, subject, detail)), lower($text))
        or list_has_any(
            regexp_extract_all(concat_ws(' ', subject, detail), '(tenant|repository) [0-9]+'), $numbered::varchar[]
        )
    )
    and ($actor is null or actor = $actor)
    and ($since::timestamp is null or happened_at >= $since::timestamp)
    and ($until::timestamp is null or happened_at < $until::timestamp)
order by happened_at desc, actor, act, subject
limit $most;
