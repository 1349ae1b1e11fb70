-- What a repository has had since the first day that is known, pending days included: sums, the greatest days, its stars.
-- Days are UTC. Grain: one row; unknown is null. Source: v_daily, repository_stats.
with known as (
    select
        day,
        views,
        clones
    from v_daily
    where
        repository_id in (select unnest($visible::integer[]))
        and (views is not null or clones is not null)
),

newest as (
    select arg_max(stars, day) as stars
    from repository_stats
    where
        repository_id in (select unnest($visible::integer[]))
        and stars is not null
        and (batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
)

select
    min(known.day) as first_day,
    sum(known.views)::bigint as views,
    sum(known.clones)::bigint as clones,
    max(known.views) as most_views,
    arg_max(known.day, known.views) as most_views_day,
    (select stars from newest) as stars
from known;
