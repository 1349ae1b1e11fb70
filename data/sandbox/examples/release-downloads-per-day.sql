-- Release downloads per day: GitHub counts downloads since the upload; the gain between two readings is spread over the
-- days between them.
select
    full_name,
    tag_name,
    asset_name,
    day,
    downloads,
    downloads_gained,
    round(downloads_gained / (day - lag(day) over counter), 1) as downloads_a_day
from v_releases
window counter as (partition by repository_id, asset_id order by day)
order by full_name, tag_name, asset_name, day;
