-- The releases published from the day before to the day after some days. Days are UTC.
-- Grain: a repository, day and release. Source: release.
with spike_day as (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($days::date[]) as day
)

select
    spike_day.repository_id,
    spike_day.day,
    release.tag_name,
    release.name,
    release.published_at::date as published_on
from spike_day
inner join release using (repository_id)
where
    release.repository_id in (select unnest($visible::integer[]))
    and release.published_at::date between spike_day.day - 1 and spike_day.day + 1;
