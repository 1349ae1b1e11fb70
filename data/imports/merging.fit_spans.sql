-- Has every day of some repositories be a row of daily_traffic from the first known one to the last, gaps included, and
-- none outside. Grain in: $repository_ids. Source: collected_span, imported_day. Days are UTC.
create or replace temp table known_span as
select
    repository_id,
    min(first_day) as first_day,
    max(last_day) as last_day
from (
    select
        repository_id,
        first_day,
        last_day
    from collected_span
    where list_contains($repository_ids, repository_id)
    union all
    select
        repository_id,
        min(day) as first_day,
        max(day) as last_day
    from imported_day
    where list_contains($repository_ids, repository_id)
    group by repository_id
)
group by repository_id;

delete from daily_traffic
using known_span
where
    daily_traffic.repository_id = known_span.repository_id
    and (known_span.first_day is null or daily_traffic.day not between known_span.first_day and known_span.last_day);

create or replace temp table broken_span as
select known_span.*
from known_span
left join (
    select
        repository_id,
        count(*) as days
    from daily_traffic
    where list_contains($repository_ids, repository_id)
    group by repository_id
) as stored using (repository_id)
where known_span.last_day - known_span.first_day + 1 > coalesce(stored.days, 0);

insert into daily_traffic (repository_id, day)
select
    repository_id,
    unnest(generate_series(first_day, last_day, interval 1 day))::date as day
from broken_span
except
select
    repository_id,
    day
from daily_traffic
where repository_id in (select repository_id from broken_span);

delete from collected_span
where
    list_contains($repository_ids, repository_id)
    and repository_id not in (select repository_id from imported_day where list_contains($repository_ids, repository_id));
