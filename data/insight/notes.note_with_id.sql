-- A note by its id, where it is visible. Grain: a note. Source: note. Times are UTC.
-- A note of a whole tenant is for those who see the whole tenant, a repository's for whoever sees the repository.
select
    note_id,
    tenant_id,
    repository_id,
    day,
    note,
    link,
    added_at
from note
where
    (
        repository_id in (select unnest($visible::integer[]))
        or (repository_id is null and tenant_id in (select unnest($tenant_ids::integer[])))
    )
    and note_id = $note_id;
