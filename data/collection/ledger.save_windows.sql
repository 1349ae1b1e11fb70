-- Keeps each distinct window that GitHub answered with, as first observed, and the days it adds to the coverage.
-- Grain in: incoming_window (repository_id, metric, observed_at, first_day, last_day, total, uniques).
-- coverage holds the union of all windows of a repository and metric as disjoint ranges that do not touch.
create or replace temp table fresh_window as
select
    repository_id,
    metric,
    min(observed_at) as observed_at,
    first_day,
    last_day,
    total,
    uniques
from incoming_window
group by repository_id, metric, first_day, last_day, total, uniques;

merge into traffic_window as stored
using fresh_window as fresh
on
    stored.repository_id = fresh.repository_id
    and stored.metric = fresh.metric
    and stored.first_day = fresh.first_day
    and stored.last_day = fresh.last_day
    and stored.total = fresh.total
    and stored.uniques is not distinct from fresh.uniques
when matched and fresh.observed_at < stored.observed_at then update set observed_at = fresh.observed_at
when not matched then insert values (
    fresh.repository_id, fresh.metric, fresh.observed_at,
    fresh.first_day, fresh.last_day, fresh.total, fresh.uniques
);

create or replace temp table widened_coverage as
with pieces as (
    select repository_id, metric, first_day, last_day from fresh_window
    union
    select repository_id, metric, first_day, last_day from coverage
    semi join fresh_window using (repository_id, metric)
),

starts as (
    select
        *,
        first_day > 1 + coalesce(max(last_day) over before_it, first_day - 2) as begins_range
    from pieces
    window before_it as (
        partition by repository_id, metric
        order by first_day, last_day rows between unbounded preceding and 1 preceding
    )
),

numbered as (
    select
        *,
        sum(begins_range::integer) over (
            partition by repository_id, metric order by first_day, last_day
        ) as range_number
    from starts
)

select
    repository_id,
    metric,
    min(first_day) as first_day,
    max(last_day) as last_day
from numbered
group by repository_id, metric, range_number;

create or replace temp table changed_coverage as
select distinct repository_id, metric
from (
    (
        from widened_coverage
        except
        from coverage
    )
    union
    (
        from coverage semi join widened_coverage using (repository_id, metric)
        except
        from widened_coverage
    )
);

delete from coverage
where exists (
    select 1 from changed_coverage as changed
    where changed.repository_id = coverage.repository_id and changed.metric = coverage.metric
);

insert into coverage
from widened_coverage semi join changed_coverage using (repository_id, metric);
