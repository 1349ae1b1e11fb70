-- Keeps the lists, counters and windows of an import with its number. The rows of a list are each name once, with the
-- greatest count. Grain in: the files $lists, $counters and $windows, matched_repository (source_number, repository_id).
insert into imported_listing (batch_id, repository_id, listing, observed_on, name, title, views, view_uniques)
select
    $batch_id as batch_id,
    matched_repository.repository_id,
    staged.listing,
    staged.observed_on,
    staged.name,
    any_value(staged.title) as title,
    max(staged.views) as views,
    max(staged.view_uniques) as view_uniques
from read_parquet($lists) as staged
inner join matched_repository using (source_number)
where staged.views is not null and staged.view_uniques is not null and staged.name <> ''
group by matched_repository.repository_id, staged.listing, staged.observed_on, staged.name;

insert into imported_stats (batch_id, repository_id, day, stars, forks)
select
    $batch_id as batch_id,
    matched_repository.repository_id,
    staged.day,
    max(staged.stars) as stars,
    max(staged.forks) as forks
from read_parquet($counters) as staged
inner join matched_repository using (source_number)
group by matched_repository.repository_id, staged.day;

insert into traffic_window (repository_id, metric, observed_at, first_day, last_day, total, uniques, batch_id)
select distinct
    matched_repository.repository_id,
    staged.metric,
    staged.last_day + interval 1 day as observed_at,
    staged.first_day,
    staged.last_day,
    staged.total,
    staged.uniques,
    $batch_id as batch_id
from read_parquet($windows) as staged
inner join matched_repository using (source_number);
