-- GitHub's own count of people in 14 days, of the newest answer of each metric, beside what its days add up to.
-- A sum of daily uniques counts who came on several days several times. Days are UTC.
-- Grain: a metric. Source: traffic_window, v_daily.
with newest as (
    select
        repository_id,
        metric,
        first_day,
        last_day,
        uniques
    from traffic_window
    where
        repository_id in (select unnest($visible::integer[]))
        and uniques is not null
        and (batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
    qualify row_number() over (partition by metric order by last_day desc, observed_at desc) = 1
)

select
    newest.metric,
    newest.first_day,
    newest.last_day,
    newest.uniques,
    sum(daily.view_uniques)::bigint as visitor_days,
    sum(daily.clone_uniques)::bigint as cloner_days
from newest
left join v_daily as daily
    on
        newest.repository_id = daily.repository_id
        and daily.day between newest.first_day and newest.last_day
group by newest.metric, newest.first_day, newest.last_day, newest.uniques
order by newest.metric desc;
