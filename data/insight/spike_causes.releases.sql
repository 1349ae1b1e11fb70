-- The releases published from the day before to the day after some days. Days are UTC.
-- Grain: a repository, day and release. Source: release.
with wanted as (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($days::date[]) as day
)

select
    wanted.repository_id,
    wanted.day,
    release.release_id,
    release.tag_name,
    release.name,
    release.published_at::date as published_on,
    coalesce(release.prerelease, false) as prerelease
from wanted
inner join release using (repository_id)
where
    release.repository_id in (select unnest($visible::integer[]))
    and release.published_at::date between wanted.day - 1 and wanted.day + 1;
