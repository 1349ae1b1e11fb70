-- Keeps, for each metric of a repository's week, the best reading ever seen: a complete one, then the one with the greatest
-- count, then with more uniques. Rows that bring nothing new are left alone.
-- Grain in: incoming_week, one reading (repository_id, week, metric, observed_on, count, uniques, complete), any number a week.
-- A reading is complete where the whole week was inside its answer's window: surely so (complete), or because it counts as
-- much as the week's seven days, all known and none of them younger than three days. A partial reading that has more than
-- the complete one does not replace it: v_weekly shows the days where they add up to more.
create or replace temp table greatest_week as
with known_days as (
    select
        daily_traffic.repository_id,
        date_trunc('week', daily_traffic.day)::date as week,
        case when count(views_source) = 7 then sum(views) end as views,
        case when count(clones_source) = 7 then sum(clones) end as clones
    from daily_traffic
    semi join incoming_week
        on
            daily_traffic.repository_id = incoming_week.repository_id
            and daily_traffic.day between incoming_week.week and incoming_week.week + 6
    group by daily_traffic.repository_id, date_trunc('week', daily_traffic.day)
)

select
    incoming_week.repository_id,
    incoming_week.week,
    incoming_week.metric,
    incoming_week.count as reading_count,
    incoming_week.uniques as reading_uniques,
    incoming_week.complete
    or (
        incoming_week.week + 6 <= incoming_week.observed_on - (select settled_after_days from day_rule)
        and coalesce(
            incoming_week.count = case incoming_week.metric when 'views' then known_days.views else known_days.clones end,
            false
        )
    ) as reading_complete
from incoming_week
left join known_days using (repository_id, week)
qualify
    row_number() over (
        partition by repository_id, week, metric
        order by reading_complete desc, reading_count desc, reading_uniques desc
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
    or (fresh.reading_complete, fresh.reading_count, fresh.reading_uniques) > (stored.complete, stored.count, stored.uniques);

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
