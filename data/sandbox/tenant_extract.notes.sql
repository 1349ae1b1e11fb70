-- The notes that a viewer may read: of visible repositories, and of tenants that are seen whole. Grain: a note. Source: note.
insert into note
select
    note.note_id,
    note.tenant_id,
    note.repository_id,
    note.day,
    note.note,
    note.link,
    note.added_at
from version.note as note
where
    note.repository_id in (select unnest($visible::integer[]))
    or (note.repository_id is null and note.tenant_id in (select unnest($tenant_ids::integer[])));
