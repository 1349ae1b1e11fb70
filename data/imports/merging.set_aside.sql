-- Has the days of some repositories since $since be as without any import, while answers of GitHub are saved.
-- Grain out: aside_day, a repository and day. Source: imported_day, collected_day. Target: daily_traffic.
create or replace temp table aside_day as
select distinct
    repository_id,
    day
from imported_day
where list_contains($repository_ids, repository_id) and day >= $since;

update daily_traffic
set
    views = own.views,
    view_uniques = own.view_uniques,
    views_source = own.views_source,
    clones = own.clones,
    clone_uniques = own.clone_uniques,
    clones_source = own.clones_source
from (
    select
        aside_day.repository_id,
        aside_day.day,
        collected_day.views,
        collected_day.view_uniques,
        collected_day.views_source,
        collected_day.clones,
        collected_day.clone_uniques,
        collected_day.clones_source
    from aside_day
    left join collected_day using (repository_id, day)
) as own
where daily_traffic.repository_id = own.repository_id and daily_traffic.day = own.day;
