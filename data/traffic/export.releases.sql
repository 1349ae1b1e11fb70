-- Releases to export, with their downloads. Days and times are UTC; unknown is null.
-- Grain: a file of a release and the day of a reading. Source: v_releases. A day that is null narrows nothing.
select
    tenant,
    full_name,
    repository_id,
    release_id,
    tag_name,
    release_name,
    prerelease,
    published_at,
    asset_id,
    asset_name,
    day,
    downloads,
    downloads_gained
from v_releases
where
    repository_id between list_min($visible) and list_max($visible)
    and repository_id in (select unnest($visible))
    and ($first_day is null or day >= $first_day)
    and ($last_day is null or day <= $last_day)
order by repository_id, release_id, asset_id, day;
