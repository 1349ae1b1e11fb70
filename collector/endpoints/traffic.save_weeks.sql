-- Keeps, for each metric of a repository's week, the reading with the greatest count ever seen; of equal ones a
-- complete one, then the one with more uniques. Rows that bring nothing new are left alone.
-- Grain in: incoming_week, one reading (repository_id, week, metric, count, uniques, complete), any number a week.
-- A reading is complete where the whole week was inside its answer's window. The flag stays with its reading: a part of
-- the week that has more than what was called the whole proves that one wrong, and is no whole itself.
create or replace temp table greatest_week as
select
    repository_id,
    week,
    metric,
    count as reading_count,
    uniques as reading_uniques,
    complete as reading_complete
from incoming_week
qualify
    row_number() over (
        partition by repository_id, week, metric
        order by count desc, complete desc, uniques desc
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
)

select
    fresh.repository_id,
    fresh.week,
    fresh.metric,
    fresh.reading_count as count,
    fresh.reading_uniques as uniques,
    fresh.reading_complete as complete
from greatest_week as fresh
left join stored using (repository_id, week, metric)
where
    stored.count is null
    or fresh.reading_count > stored.count
    or (
        fresh.reading_count = stored.count
        and (
            fresh.reading_complete > stored.complete
            or (fresh.reading_complete = stored.complete and fresh.reading_uniques > stored.uniques)
        )
    );

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
