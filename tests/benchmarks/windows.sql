-- The windows that GitHub would have answered with for the days that are stored, one a day and metric.
-- Grain out: a repository, metric and newest day. Source: daily_traffic. Target: traffic_window.
insert into traffic_window (repository_id, metric, observed_at, first_day, last_day, total, uniques)
with readings as (
    select
        repository_id,
        day,
        unnest([
            {'metric': 'views', 'count': views, 'uniques': view_uniques},
            {'metric': 'clones', 'count': clones, 'uniques': clone_uniques}
        ], recursive := true)
    from daily_traffic
)

select
    repository_id,
    metric,
    day + interval 30 hour + interval (repository_id) second as observed_at,
    day - 13 as first_day,
    day as last_day,
    sum(count) over two_weeks as total,
    floor(sum(uniques) over two_weeks * 0.7) as uniques
from readings
window two_weeks as (partition by repository_id, metric order by day rows between 13 preceding and current row);
