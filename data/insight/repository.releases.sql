-- The releases of a repository that were published on some days, the oldest first. Days are UTC.
-- Grain: a release. Source: release.
select
    release_id,
    published_at::date as day,
    tag_name,
    name,
    prerelease
from release
where
    repository_id in (select unnest($visible::integer[]))
    and published_at >= $first_day::date
    and published_at < $last_day::date + 1
order by published_at, release_id;
