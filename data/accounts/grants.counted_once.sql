-- Of repositories that several tenants track and the viewer sees twice ($doubled), those that do not count, each with the one
-- that stands for it: that which knows the most days, then the newest one. Grain: a repository that does not count.
-- Source: repository, daily_traffic.
with known as (
    select
        repository_id,
        count(*) as days,
        max(day) as newest
    from daily_traffic
    where
        repository_id in (select unnest($doubled::integer[]))
        and coalesce(views_source, clones_source) is not null
    group by repository_id
)

select
    repository.repository_id,
    first_value(repository.repository_id) over (
        partition by repository.github_id
        order by coalesce(known.days, 0) desc, known.newest desc nulls last, repository.repository_id asc
    ) as counted_id
from repository
left join known on repository.repository_id = known.repository_id
where repository.repository_id in (select unnest($doubled::integer[]))
qualify counted_id <> repository.repository_id;
