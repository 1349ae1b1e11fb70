-- A row for every day from a repository's first known day to that of its newest answer, gaps included, and beside each
-- metric who knows the day: github (an answer covered it), import, or NULL (nobody did). The table coverage, from which
-- this was worked out at every look, goes. Days that stand out become rows as well.

create table day_rule (
    settled_after_days integer not null,
    window_days integer not null
);

create table daily_traffic_with_source (
    repository_id integer not null,
    day date not null,
    views bigint,
    view_uniques bigint,
    views_source text check (views_source in ('github', 'import')),
    clones bigint,
    clone_uniques bigint,
    clones_source text check (clones_source in ('github', 'import'))
);

insert into daily_traffic_with_source (
    repository_id, day, views, view_uniques, views_source, clones, clone_uniques, clones_source
)
with rows_known as (
    select
        repository_id,
        min(day) as first_day,
        max(day) as last_day,
        count(*) as days
    from daily_traffic
    group by repository_id
),

days_covered as (
    select
        repository_id,
        min(first_day) as first_day,
        max(last_day) as last_day
    from coverage
    group by repository_id
),

answers as (
    select
        repository_id,
        max(last_good_at)::date as last_day
    from endpoint_state
    where endpoint in ('views', 'clones') and last_good_at is not null
    group by repository_id
),

spans as (
    select
        repository.repository_id,
        coalesce(least(rows_known.first_day, days_covered.first_day), repository.added_at::date) as first_day,
        greatest(rows_known.last_day, days_covered.last_day, answers.last_day) as last_day,
        rows_known.first_day as first_row,
        rows_known.last_day as last_row,
        rows_known.days as rows_between
    from repository
    left join rows_known using (repository_id)
    left join days_covered using (repository_id)
    left join answers using (repository_id)
),

-- Only where a day is missing in between is every day looked for: a complete history has nothing to be filled.
absent as (
    select
        repository_id,
        unnest(generate_series(first_day, coalesce(first_row - 1, last_day), interval 1 day))::date as day
    from spans
    union all
    select
        repository_id,
        unnest(generate_series(last_row + 1, last_day, interval 1 day))::date as day
    from spans
    union all
    select
        between_rows.repository_id,
        between_rows.day
    from (
        select
            repository_id,
            unnest(generate_series(first_row, last_row, interval 1 day))::date as day
        from spans
        where last_row - first_row + 1 > rows_between
    ) as between_rows
    anti join daily_traffic
        on between_rows.repository_id = daily_traffic.repository_id and between_rows.day = daily_traffic.day
),

days as (
    select
        repository_id,
        day,
        views,
        view_uniques,
        clones,
        clone_uniques
    from daily_traffic
    union all
    select
        repository_id,
        day,
        null as views,
        null as view_uniques,
        null as clones,
        null as clone_uniques
    from absent
)

select
    days.repository_id,
    days.day,
    days.views,
    days.view_uniques,
    case when of_views.repository_id is not null then 'github' end as views_source,
    days.clones,
    days.clone_uniques,
    case when of_clones.repository_id is not null then 'github' end as clones_source
from days
left join coverage as of_views
    on
        days.repository_id = of_views.repository_id
        and of_views.metric = 'views'
        and days.day between of_views.first_day and of_views.last_day
left join coverage as of_clones
    on
        days.repository_id = of_clones.repository_id
        and of_clones.metric = 'clones'
        and days.day between of_clones.first_day and of_clones.last_day
order by days.repository_id, days.day;

drop table daily_traffic;
drop table coverage;
alter table daily_traffic_with_source rename to daily_traffic;

create table spike (
    repository_id integer not null,
    metric text not null check (metric in ('views', 'clones')),
    first_day date not null,
    last_day date not null,
    peak_day date not null,
    value bigint not null,
    expected double not null,
    score double not null
);

-- Of which days the rows of `spike` were worked out, and when; a repository without a row is judged at the next run.
create table spike_progress (
    repository_id integer not null,
    computed_on date not null,
    digest ubigint not null
);
