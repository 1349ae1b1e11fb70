-- Forgets the days that an import has brought of some repositories. Grain out: touched_day, a repository and day, to be
-- merged anew. Target: imported_day.
create or replace temp table touched_day as
select
    repository_id,
    day
from imported_day
where batch_id = $batch_id and list_contains($repository_ids, repository_id);

delete from spike_progress
where repository_id in (select repository_id from touched_day);

delete from imported_day
where batch_id = $batch_id and list_contains($repository_ids, repository_id);
