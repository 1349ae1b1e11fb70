-- Adds a note. Grain: a note. Target: note. Days are UTC dates, times UTC; without a repository it is of the tenant.
insert into note (note_id, tenant_id, repository_id, day, note, link, added_at)
values ($note_id, $tenant_id, $repository_id, $day, $note, $link, $now);
