-- Keeps the incoming days with the number of their import; before the first import of a day, what is stored of it as
-- what was collected, and of a repository from when to when it has rows. Grain in: incoming_day. $batch_id is the import.
insert into collected_span (repository_id, first_day, last_day)
select
    incoming.repository_id,
    min(stored.day) as first_day,
    max(stored.day) as last_day
from (select distinct repository_id from incoming_day) as incoming
left join daily_traffic as stored using (repository_id)
where incoming.repository_id not in (select repository_id from collected_span)
group by incoming.repository_id;

insert into collected_day (
    repository_id, day, views, view_uniques, views_source, clones, clone_uniques, clones_source
)
select
    stored.repository_id,
    stored.day,
    stored.views,
    stored.view_uniques,
    stored.views_source,
    stored.clones,
    stored.clone_uniques,
    stored.clones_source
from daily_traffic as stored
semi join incoming_day using (repository_id, day)
anti join (
    select
        repository_id,
        day
    from imported_day
    where repository_id in (select repository_id from incoming_day)
) as known on stored.repository_id = known.repository_id and stored.day = known.day;

insert into imported_day (batch_id, repository_id, day, views, view_uniques, clones, clone_uniques)
select
    $batch_id as batch_id,
    repository_id,
    day,
    views,
    view_uniques,
    clones,
    clone_uniques
from incoming_day
where coalesce(views, view_uniques, clones, clone_uniques) is not null;

-- What is usual of the older days is worked out anew at the end of the next run.
delete from spike_progress
where repository_id in (select repository_id from incoming_day);

create or replace temp table touched_day as
select
    repository_id,
    day
from incoming_day;
