-- Saves the days of answers, in one MERGE: the greatest reading ever seen of each metric (ties by uniques), who
-- knows each day, and a row for every day from the first known one to that of the newest answer, gaps included.
-- Grain in: incoming_day, one reading (repository_id, day, metric, observed_at, count, uniques), any number a day;
-- incoming_window, the days that an answer covers; incoming_result, when each endpoint answered. Days are UTC.
-- A smaller or missing reading never replaces a greater one. Every replaced reading leaves a traffic_revision.
-- Only a correction by hand lowers a count: what it took away is not taken again, what is greater is.
-- Source: GitHub's readings of a day rise, and dip only for a moment (10,374 recorded answers).
create or replace temp table accepted_reading as
with greatest_reading as (
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
        ) = 1
),

stored as (
    select
        repository_id,
        day,
        unnest([
            {'metric': 'views', 'count': views, 'uniques': view_uniques},
            {'metric': 'clones', 'count': clones, 'uniques': clone_uniques}
        ], recursive := true)
    from daily_traffic
    semi join greatest_reading using (repository_id, day)
),

corrected as (
    select
        repository_id,
        day,
        metric,
        max(count_before) as most
    from traffic_revision
    semi join greatest_reading using (repository_id, day, metric)
    where count < count_before
    group by repository_id, day, metric
)

select
    fresh.*,
    stored.count as count_before,
    stored.uniques as uniques_before
from greatest_reading as fresh
left join stored using (repository_id, day, metric)
left join corrected using (repository_id, day, metric)
where
    (
        stored.count is null
        or fresh.reading_count > stored.count
        or (fresh.reading_count = stored.count and fresh.reading_uniques > stored.uniques)
    )
    and (corrected.most is null or fresh.reading_count > corrected.most);

insert into traffic_revision (
    repository_id, day, metric, observed_at, count, uniques, count_before, uniques_before
)
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

-- From when to when a repository has rows with these answers: from its first known day to that of the newest answer.
create or replace temp table answered_span as
with answered as (
    select
        repository_id,
        max(finished_at)::date as last_day
    from incoming_result
    where endpoint in ('views', 'clones') and outcome in ('ok', 'unchanged')
    group by repository_id
    union all
    select
        repository_id,
        max(day) as last_day
    from incoming_day
    group by repository_id
    union all
    select
        repository_id,
        max(last_day) as last_day
    from incoming_window
    group by repository_id
),

covered as (
    select
        repository_id,
        min(first_day) as first_day
    from (
        select repository_id, min(day) as first_day from incoming_day group by repository_id
        union all
        select repository_id, min(first_day) as first_day from incoming_window group by repository_id
    )
    group by repository_id
),

rows_known as (
    select
        repository_id,
        min(day) as first_day,
        max(day) as last_day
    from daily_traffic
    where repository_id in (select repository_id from answered)
    group by repository_id
)

select
    answered.repository_id,
    coalesce(
        least(
            any_value(
                case
                    when collected_span.repository_id is null then rows_known.first_day else collected_span.first_day
                end
            ),
            any_value(covered.first_day)
        ),
        any_value(repository.added_at)::date
    ) as first_day,
    max(answered.last_day) as last_day,
    any_value(rows_known.first_day) as first_row,
    any_value(rows_known.last_day) as last_row
from answered
inner join repository using (repository_id)
left join covered using (repository_id)
left join rows_known using (repository_id)
left join collected_span using (repository_id)
group by answered.repository_id;

-- Of a repository with imports, whose rows may reach further: what they would be without.
update collected_span
set
    first_day = answered_span.first_day,
    last_day = greatest(collected_span.last_day, answered_span.last_day)
from answered_span
where collected_span.repository_id = answered_span.repository_id;

-- The rows that no answer has brought yet: before the first one, after the last one, up to the day of the answer.
create or replace temp table absent_day as
select
    repository_id,
    unnest(generate_series(first_day, coalesce(first_row - 1, last_day), interval 1 day))::date as day
from answered_span
union all
select
    repository_id,
    unnest(generate_series(last_row + 1, last_day, interval 1 day))::date as day
from answered_span;

create or replace temp table covered_day as
with fresh as (
    select distinct
        repository_id,
        metric,
        unnest(generate_series(first_day, last_day, interval 1 day))::date as day
    from incoming_window
)

select
    fresh.repository_id,
    fresh.day,
    max('github') filter (where fresh.metric = 'views') as views_source,
    max('github') filter (where fresh.metric = 'clones') as clones_source
from fresh
left join daily_traffic as stored using (repository_id, day)
where case when fresh.metric = 'views' then stored.views_source else stored.clones_source end is distinct from 'github'
group by fresh.repository_id, fresh.day;

merge into daily_traffic as stored
using (
    select
        repository_id,
        day,
        max(views) as views,
        max(view_uniques) as view_uniques,
        max(views_source) as views_source,
        max(clones) as clones,
        max(clone_uniques) as clone_uniques,
        max(clones_source) as clones_source
    from (
        select
            repository_id,
            day,
            reading_count as views,
            reading_uniques as view_uniques
        from accepted_reading
        where metric = 'views'
        union all by name
        select
            repository_id,
            day,
            reading_count as clones,
            reading_uniques as clone_uniques
        from accepted_reading
        where metric = 'clones'
        union all by name
        select
            repository_id,
            day,
            views_source,
            clones_source
        from covered_day
        union all by name
        select
            repository_id,
            day
        from absent_day
    )
    group by repository_id, day
) as fresh
on stored.repository_id = fresh.repository_id and stored.day = fresh.day
when matched then update set
    views = coalesce(fresh.views, stored.views),
    view_uniques = coalesce(fresh.view_uniques, stored.view_uniques),
    views_source = coalesce(fresh.views_source, stored.views_source),
    clones = coalesce(fresh.clones, stored.clones),
    clone_uniques = coalesce(fresh.clone_uniques, stored.clone_uniques),
    clones_source = coalesce(fresh.clones_source, stored.clones_source)
when not matched then insert (
    repository_id, day, views, view_uniques, views_source, clones, clone_uniques, clones_source
) values (
    fresh.repository_id, fresh.day, fresh.views, fresh.view_uniques, fresh.views_source,
    fresh.clones, fresh.clone_uniques, fresh.clones_source
);

select
    case
        when count(*) > 0 then error('a repository has two rows for the same day: the commit was refused')
    end as verdict
from (
    select repository_id, day
    from daily_traffic
    where
        (repository_id, day) in (
            select (repository_id, day) from accepted_reading
            union all
            select (repository_id, day) from covered_day
            union all
            select (repository_id, day) from absent_day
        )
    group by repository_id, day
    having count(*) > 1
);
