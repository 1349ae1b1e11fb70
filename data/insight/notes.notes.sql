-- The visible notes between two days, the oldest first. Grain: a note. Source: note, repository. Times are UTC.
-- A note of a whole tenant is for those who see the whole tenant, a repository's for whoever sees the repository.
-- With $repository_ids only what concerns these: their own notes and those of their whole tenants.
with visible as materialized (
    select unnest($visible::integer[]) as repository_id
)

select
    note.note_id,
    note.tenant_id,
    note.repository_id,
    note.day,
    note.note,
    note.link,
    note.added_at
from note
where
    (
        note.repository_id in (select repository_id from visible)
        or (note.repository_id is null and note.tenant_id in (select unnest($tenant_ids::integer[])))
    )
    and (
        $repository_ids::integer[] is null
        or note.repository_id in (select unnest($repository_ids::integer[]))
        or (
            note.repository_id is null
            and note.tenant_id in (
                select repository.tenant_id
                from repository
                where
                    repository.repository_id in (select repository_id from visible)
                    and repository.repository_id in (select unnest($repository_ids::integer[]))
            )
        )
    )
    and note.day between $first_day and $last_day
order by note.day, note.note_id;
