-- Unique visitors (14 days) vs the sum of days: How much a sum of daily uniques overstates, for each collection.
select
    repository.full_name,
    seen.last_day,
    seen.uniques as true_uniques,
    sum(daily.view_uniques) as visitor_days,
    round(visitor_days / seen.uniques, 2) as overstated_times
from traffic_window as seen
inner join repository using (repository_id)
inner join daily_traffic as daily
    on seen.repository_id = daily.repository_id and daily.day between seen.first_day and seen.last_day
where seen.metric = 'views' and seen.uniques > 0
group by repository.full_name, seen.last_day, seen.first_day, seen.uniques, seen.observed_at
order by repository.full_name, seen.last_day desc;
