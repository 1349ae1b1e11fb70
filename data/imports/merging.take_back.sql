-- After answers of GitHub were saved: keeps what the days that were set aside are without any import.
-- Grain in: aside_day. Target: collected_day. Grain out: touched_day, to be merged.
delete from collected_day
using aside_day
where collected_day.repository_id = aside_day.repository_id and collected_day.day = aside_day.day;

insert into collected_day (
    repository_id, day, views, view_uniques, views_source, clones, clone_uniques, clones_source
)
select
    repository_id,
    day,
    views,
    view_uniques,
    views_source,
    clones,
    clone_uniques,
    clones_source
from daily_traffic
semi join aside_day using (repository_id, day);

create or replace temp table touched_day as
from aside_day;
