-- Keeps, for each metric of a repository's week, the reading with the greatest count ever seen (ties by uniques).
-- Grain in: incoming_week, one reading (repository_id, week, metric, count, uniques, complete), any number a week.
-- A week is complete once it has been wholly inside one answer's window. Rows that bring nothing new are left alone.
create or replace temp table greatest_week as
select
    repository_id,
    week,
    metric,
    count as reading_count,
    uniques as reading_uniques,
    bool_or(complete) over (partition by repository_id, week, metric) as reading_complete
from incoming_week
qualify
    row_number() over (
        partition by repository_id, week, metric
        order by count desc, uniques desc
    ) = 1;

create or replace temp table accepted_week as
with stored as (
    select
        repository_id,
        week,
        unnest([
            {'metric': 'views', 'count': views, 'uniques': view_uniques, 'complete': views_complete},
            {'metric': 'clones', 'count': clones, 'uniques': clone_uniques, 'complete': clones_complete}
        ], recursive := true)
    from weekly_traffic
    semi join greatest_week using (repository_id, week)
),

compared as (
    select
        fresh.*,
        stored.count as stored_count,
        stored.uniques as stored_uniques,
        coalesce(stored.complete, false) as stored_complete,
        stored.count is null
        or fresh.reading_count > stored.count
        or (fresh.reading_count = stored.count and fresh.reading_uniques > stored.uniques) as is_greater
    from greatest_week as fresh
    left join stored using (repository_id, week, metric)
)

select
    repository_id,
    week,
    metric,
    case when is_greater then reading_count else stored_count end as count,
    case when is_greater then reading_uniques else stored_uniques end as uniques,
    reading_complete or stored_complete as complete
from compared
where is_greater or (reading_complete and not stored_complete);

merge into weekly_traffic as stored
using (
    select
        repository_id,
        week,
        max(count) filter (where metric = 'views') as views,
        max(uniques) filter (where metric = 'views') as view_uniques,
        bool_or(complete) filter (where metric = 'views') as views_complete,
        max(count) filter (where metric = 'clones') as clones,
        max(uniques) filter (where metric = 'clones') as clone_uniques,
        bool_or(complete) filter (where metric = 'clones') as clones_complete
    from accepted_week
    group by repository_id, week
) as fresh
on stored.repository_id = fresh.repository_id and stored.week = fresh.week
when matched then update set
    views = coalesce(fresh.views, stored.views),
    view_uniques = coalesce(fresh.view_uniques, stored.view_uniques),
    views_complete = coalesce(fresh.views_complete, stored.views_complete),
    clones = coalesce(fresh.clones, stored.clones),
    clone_uniques = coalesce(fresh.clone_uniques, stored.clone_uniques),
    clones_complete = coalesce(fresh.clones_complete, stored.clones_complete)
when not matched then insert (
    repository_id, week, views, view_uniques, views_complete, clones, clone_uniques, clones_complete
) values (
    fresh.repository_id, fresh.week, fresh.views, fresh.view_uniques, coalesce(fresh.views_complete, false),
    fresh.clones, fresh.clone_uniques, coalesce(fresh.clones_complete, false)
);

insert into changed_rows
select
    repository_id,
    'weekly_' || metric,
    count(*)
from accepted_week
group by repository_id, metric;

select
    case
        when count(*) > 0 then error('a repository has two rows for the same week: the commit was refused')
    end as verdict
from (
    select repository_id, week
    from weekly_traffic
    semi join accepted_week using (repository_id, week)
    group by repository_id, week
    having count(*) > 1
);
