-- Writes daily_traffic anew for the touched days: of each metric the greatest reading of what was collected and of all
-- imports, ties by uniques, and who knows it. Uniques that an import has without a count stand beside a count without
-- uniques. What was collected of a day that no import has any more is taken from collected_day, and its row there goes.
-- A reading is packed into one number, (count + 1) * 2^44 + uniques + 1, 0 being unknown: no count has 44 bits.
-- Grain in: touched_day (repository_id, day), each once. Days are UTC.
create or replace temp table merged_day as
with imported as (
    select
        repository_id,
        day,
        max((coalesce(views, -1) + 1)::hugeint * 17592186044416 + coalesce(view_uniques, -1) + 1) as views,
        max(view_uniques) filter (where views is null) as loose_view_uniques,
        max((coalesce(clones, -1) + 1)::hugeint * 17592186044416 + coalesce(clone_uniques, -1) + 1) as clones,
        max(clone_uniques) filter (where clones is null) as loose_clone_uniques
    from imported_day
    semi join touched_day using (repository_id, day)
    group by repository_id, day
),

beside as (
    select
        touched_day.repository_id,
        touched_day.day,
        imported.day is not null as is_imported,
        coalesce(imported.views, 0) as views,
        imported.loose_view_uniques,
        coalesce(imported.clones, 0) as clones,
        imported.loose_clone_uniques,
        (coalesce(own.views, -1) + 1)::hugeint * 17592186044416 + coalesce(own.view_uniques, -1) + 1 as own_views,
        (coalesce(own.clones, -1) + 1)::hugeint * 17592186044416 + coalesce(own.clone_uniques, -1) + 1 as own_clones,
        own.views_source as own_views_source,
        own.clones_source as own_clones_source
    from touched_day
    left join imported using (repository_id, day)
    left join collected_day as own using (repository_id, day)
),

best as (
    select
        *,
        nullif((greatest(views, own_views) >> 44) - 1, -1)::bigint as best_views,
        coalesce(nullif((greatest(views, own_views) & 17592186044415) - 1, -1)::bigint, loose_view_uniques) as best_view_uniques,
        nullif((greatest(clones, own_clones) >> 44) - 1, -1)::bigint as best_clones,
        coalesce(nullif((greatest(clones, own_clones) & 17592186044415) - 1, -1)::bigint, loose_clone_uniques)
            as best_clone_uniques
    from beside
)

select
    repository_id,
    day,
    best_views as views,
    case when not coalesce(best_view_uniques > best_views, false) then best_view_uniques end as view_uniques,
    case
        when views >= 17592186044416 and (views > own_views or own_views_source is null) then 'import'
        else own_views_source
    end as views_source,
    best_clones as clones,
    case when not coalesce(best_clone_uniques > best_clones, false) then best_clone_uniques end as clone_uniques,
    case
        when clones >= 17592186044416 and (clones > own_clones or own_clones_source is null) then 'import'
        else own_clones_source
    end as clones_source,
    is_imported
from best;

delete from daily_traffic
using merged_day
where daily_traffic.repository_id = merged_day.repository_id and daily_traffic.day = merged_day.day;

insert into daily_traffic (
    repository_id, day, views, view_uniques, views_source, clones, clone_uniques, clones_source
)
select
    repository_id,
    day,
    views,
    view_uniques,
    views_source,
    clones,
    clone_uniques,
    clones_source
from merged_day;

delete from collected_day
using merged_day
where
    collected_day.repository_id = merged_day.repository_id
    and collected_day.day = merged_day.day
    and not merged_day.is_imported;
