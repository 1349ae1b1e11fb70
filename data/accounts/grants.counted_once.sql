-- Of repositories that several tenants track and the viewer sees twice, those that do not count, each with the one that
-- stands for it: that which knows the most days, then the newest one. Grain: a repository that does not count.
-- Source: repository, daily_traffic.
with doubled as (
    select
        repository_id,
        github_id
    from repository
    where repository_id in (select unnest($visible::integer[]))
    qualify github_id is not null and count(*) over (partition by github_id) > 1
),

known as (
    select
        repository_id,
        count(*) as days,
        max(day) as newest
    from daily_traffic
    where
        repository_id in (select repository_id from doubled)
        and coalesce(views_source, clones_source) is not null
    group by repository_id
)

select
    doubled.repository_id,
    first_value(doubled.repository_id) over (
        partition by doubled.github_id
        order by coalesce(known.days, 0) desc, known.newest desc nulls last, doubled.repository_id asc
    ) as counted_id
from doubled
left join known on doubled.repository_id = known.repository_id
qualify counted_id <> doubled.repository_id;
