-- Writes daily_traffic anew for the touched days: of each metric the greatest reading of what was collected and of all
-- imports, ties by uniques, and who knows it. Uniques that an import tells without a count stand beside a count without
-- uniques. What was collected of a day that no import has any more is taken from collected_day, and its row there goes.
-- Grain in: touched_day (repository_id, day), each once. Days are UTC.
create or replace temp table merged_day as
with imported as (
    select
        repository_id,
        day,
        max({'count': coalesce(views, -1), 'uniques': coalesce(view_uniques, -1)}) as views,
        max(view_uniques) filter (where views is null) as loose_view_uniques,
        max({'count': coalesce(clones, -1), 'uniques': coalesce(clone_uniques, -1)}) as clones,
        max(clone_uniques) filter (where clones is null) as loose_clone_uniques
    from imported_day
    semi join touched_day using (repository_id, day)
    group by repository_id, day
),

beside as (
    select
        touched_day.repository_id,
        touched_day.day,
        imported.views,
        imported.loose_view_uniques,
        imported.clones,
        imported.loose_clone_uniques,
        {'count': coalesce(own.views, -1), 'uniques': coalesce(own.view_uniques, -1)} as own_views,
        {'count': coalesce(own.clones, -1), 'uniques': coalesce(own.clone_uniques, -1)} as own_clones,
        own.views_source as own_views_source,
        own.clones_source as own_clones_source
    from touched_day
    left join imported using (repository_id, day)
    left join collected_day as own using (repository_id, day)
),

best as (
    select
        *,
        greatest(coalesce(views, own_views), own_views) as best_views,
        greatest(coalesce(clones, own_clones), own_clones) as best_clones
    from beside
)

select
    repository_id,
    day,
    nullif(best_views.count, -1) as views,
    case
        when best_views.uniques >= 0 then best_views.uniques
        when best_views.count = -1 or loose_view_uniques <= best_views.count then loose_view_uniques
    end as view_uniques,
    case
        when views.count >= 0 and views > own_views then 'import'
        when own_views_source is null and views.count >= 0 then 'import'
        else own_views_source
    end as views_source,
    nullif(best_clones.count, -1) as clones,
    case
        when best_clones.uniques >= 0 then best_clones.uniques
        when best_clones.count = -1 or loose_clone_uniques <= best_clones.count then loose_clone_uniques
    end as clone_uniques,
    case
        when clones.count >= 0 and clones > own_clones then 'import'
        when own_clones_source is null and clones.count >= 0 then 'import'
        else own_clones_source
    end as clones_source,
    views is not null as is_imported
from best;

merge into daily_traffic as stored
using merged_day as fresh
on stored.repository_id = fresh.repository_id and stored.day = fresh.day
when matched then update set
    views = fresh.views,
    view_uniques = fresh.view_uniques,
    views_source = fresh.views_source,
    clones = fresh.clones,
    clone_uniques = fresh.clone_uniques,
    clones_source = fresh.clones_source
when not matched then insert (
    repository_id, day, views, view_uniques, views_source, clones, clone_uniques, clones_source
) values (
    fresh.repository_id, fresh.day, fresh.views, fresh.view_uniques, fresh.views_source,
    fresh.clones, fresh.clone_uniques, fresh.clones_source
);

delete from collected_day
using merged_day
where
    collected_day.repository_id = merged_day.repository_id
    and collected_day.day = merged_day.day
    and not merged_day.is_imported;

-- A row for every day from the first known one to the last, and none outside: gaps are rows.
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
    where repository_id in (select repository_id from touched_day)
    union all
    select
        repository_id,
        min(day) as first_day,
        max(day) as last_day
    from imported_day
    where repository_id in (select repository_id from touched_day)
    group by repository_id
)
group by repository_id;

delete from daily_traffic
using known_span
where
    daily_traffic.repository_id = known_span.repository_id
    and (known_span.first_day is null or daily_traffic.day not between known_span.first_day and known_span.last_day);

insert into daily_traffic (repository_id, day)
select
    known_span.repository_id,
    unnest(generate_series(known_span.first_day, known_span.last_day, interval 1 day))::date as day
from known_span
inner join (
    select
        repository_id,
        count(*) as days
    from daily_traffic
    where repository_id in (select repository_id from known_span)
    group by repository_id
) as stored using (repository_id)
where known_span.last_day - known_span.first_day + 1 > stored.days
except
select
    repository_id,
    day
from daily_traffic
where repository_id in (select repository_id from known_span);

delete from collected_span
where
    repository_id in (select repository_id from touched_day)
    and repository_id not in (
        select repository_id from imported_day where repository_id in (select repository_id from touched_day)
    );
