-- Of many repositories the series with a day that is roughly the furthest above their own mean: the $most to be looked
-- at closely. On the scale of square roots, as data/insight/spikes.py; known counts, whatever their state.
-- Grain: a repository and metric. Source: daily_traffic.
with roots as (
    select
        repository_id,
        day >= $first_day as within,
        2 * sqrt(views + 0.375) as views_root,
        2 * sqrt(clones + 0.375) as clones_root
    from daily_traffic
    where
        repository_id in (select unnest($visible::integer[]))
        and day between $first_day::date - 28 and $last_day
),

shapes as (
    select
        repository_id,
        max(views_root) filter (where within) as most_views,
        avg(views_root) as mean_views,
        stddev_pop(views_root) as spread_views,
        max(clones_root) filter (where within) as most_clones,
        avg(clones_root) as mean_clones,
        stddev_pop(clones_root) as spread_clones
    from roots
    group by repository_id
),

judged as (
    select
        repository_id,
        'views' as metric,
        (most_views - mean_views) / greatest(1.6, 0.08 * mean_views, spread_views) as excess
    from shapes
    union all
    select
        repository_id,
        'clones' as metric,
        (most_clones - mean_clones) / greatest(1.6, 0.08 * mean_clones, spread_clones) as excess
    from shapes
)

select
    repository_id,
    metric
from judged
where excess is not null
order by excess desc, repository_id, metric
limit $most;
