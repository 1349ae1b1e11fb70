-- Sets down every reading of a counter up to a day: of stars, forks or watchers one a repository and day, of downloads
-- one a release asset and day. Grain: an item of a repository (0: itself; else the asset) and day (UTC). Source:
-- repository_stats, release_download, panel_repository.
create or replace temp table panel_reading as
select
    repository_id,
    0 as item,
    null as release_id,
    day,
    case $measure when 'stars' then stars when 'forks' then forks when 'watchers' then watchers end as counter
from repository_stats
where
    repository_id in (select repository_id from panel_repository)
    and $measure <> 'downloads' and day <= $last_day
union all
select
    repository_id,
    asset_id as item,
    release_id,
    day,
    downloads as counter
from release_download
where
    repository_id in (select repository_id from panel_repository)
    and $measure = 'downloads' and day <= $last_day;
