-- Keeps, for each metric of a repository's day, the reading with the greatest count ever seen (ties by uniques).
-- Grain in: incoming_day, one reading (repository_id, day, metric, observed_at, count, uniques), any number a day.
-- A smaller or missing reading never replaces a greater one. Every replaced reading leaves a traffic_revision.
-- Source: GitHub's readings of a day rise, and dip only for a moment (10,374 recorded answers).
create or replace temp table greatest_reading as
select
    repository_id,
    day,
    metric,
    observed_at,
    count as reading_count,
    uniques as reading_uniques
from incoming_day
qualify
    row_number() over (
        partition by repository_id, day, metric
        order by count desc, uniques desc, observed_at asc
    ) = 1;

create or replace temp table accepted_reading as
with stored as (
    select
        repository_id,
        day,
        unnest([
            {'metric': 'views', 'count': views, 'uniques': view_uniques},
            {'metric': 'clones', 'count': clones, 'uniques': clone_uniques}
        ], recursive := true)
    from daily_traffic
    semi join greatest_reading using (repository_id, day)
)

select
    fresh.*,
    stored.count as count_before,
    stored.uniques as uniques_before
from greatest_reading as fresh
left join stored using (repository_id, day, metric)
where
    stored.count is null
    or fresh.reading_count > stored.count
    or (fresh.reading_count = stored.count and fresh.reading_uniques > stored.uniques);

insert into traffic_revision
select
    repository_id,
    day,
    metric,
    observed_at,
    reading_count,
    reading_uniques,
    count_before,
    uniques_before
from accepted_reading
where count_before is not null;

merge into daily_traffic as stored
using (
    select
        repository_id,
        day,
        max(reading_count) filter (where metric = 'views') as views,
        max(reading_uniques) filter (where metric = 'views') as view_uniques,
        max(reading_count) filter (where metric = 'clones') as clones,
        max(reading_uniques) filter (where metric = 'clones') as clone_uniques
    from accepted_reading
    group by repository_id, day
) as fresh
on stored.repository_id = fresh.repository_id and stored.day = fresh.day
when matched then update set
    views = coalesce(fresh.views, stored.views),
    view_uniques = coalesce(fresh.view_uniques, stored.view_uniques),
    clones = coalesce(fresh.clones, stored.clones),
    clone_uniques = coalesce(fresh.clone_uniques, stored.clone_uniques)
when not matched then insert (repository_id, day, views, view_uniques, clones, clone_uniques)
values (fresh.repository_id, fresh.day, fresh.views, fresh.view_uniques, fresh.clones, fresh.clone_uniques);

insert into changed_rows
select
    repository_id,
    metric,
    count(*)
from accepted_reading
group by repository_id, metric;

select
    case
        when count(*) > 0 then error('a repository has two rows for the same day: the commit was refused')
    end as verdict
from (
    select repository_id, day
    from daily_traffic
    semi join accepted_reading using (repository_id, day)
    group by repository_id, day
    having count(*) > 1
);
