-- Notes to export: of repositories, and of whole tenants (without a repository). Days and times are UTC.
-- Grain: a note. Source: v_notes. A day that is null narrows nothing.
select
    tenant,
    full_name,
    repository_id,
    note_id,
    day,
    note,
    link,
    added_at
from v_notes
where
    (
        repository_id in (select unnest($visible::integer[]))
        or (repository_id is null and tenant_id in (select unnest($tenant_ids::integer[])))
    )
    and ($first_day is null or day >= $first_day)
    and ($last_day is null or day <= $last_day)
order by note_id;
