-- The published releases of the selected repositories, the newest first, as many as are wanted. Days are UTC.
-- Grain: a release. Source: repository, release.
select
    repository.repository_id,
    repository.full_name,
    release.published_at::date as day,
    release.tag_name
from repository
inner join release using (repository_id)
where
    repository.repository_id in (select unnest($visible::integer[]))
    and release.published_at is not null
order by release.published_at desc, lower(repository.full_name), release.tag_name
limit $most;
