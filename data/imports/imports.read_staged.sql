-- The days that an import tells of some repositories, each once: of a metric the greatest count (ties by uniques); uniques
-- told without a count join it where they can. What a correction by hand took away is not brought back.
-- Grain: a repository and day (UTC). Source: the file $file, meant_repository (told, repository_id), traffic_revision.
create or replace temp table incoming_day as
with told as (
    select
        meant_repository.repository_id,
        staged.day,
        max({'count': coalesce(staged.views, -1), 'uniques': coalesce(staged.view_uniques, -1)}) as views,
        max(staged.view_uniques) filter (where staged.views is null) as loose_view_uniques,
        max({'count': coalesce(staged.clones, -1), 'uniques': coalesce(staged.clone_uniques, -1)}) as clones,
        max(staged.clone_uniques) filter (where staged.clones is null) as loose_clone_uniques
    from read_parquet($file) as staged
    inner join meant_repository using (told)
    where list_contains($repository_ids, meant_repository.repository_id)
    group by meant_repository.repository_id, staged.day
),

corrected as (
    select
        repository_id,
        day,
        max(count_before) filter (where metric = 'views') as most_views,
        max(count_before) filter (where metric = 'clones') as most_clones
    from traffic_revision
    where count < count_before and list_contains($repository_ids, repository_id)
    group by repository_id, day
)

select
    told.repository_id,
    told.day,
    case when told.views.count > coalesce(corrected.most_views, -1) then told.views.count end as views,
    case
        when told.views.count > coalesce(corrected.most_views, -1) and told.views.uniques >= 0 then told.views.uniques
        when told.views.count >= 0 and told.loose_view_uniques > told.views.count then null
        when corrected.most_views is null then told.loose_view_uniques
    end as view_uniques,
    case when told.clones.count > coalesce(corrected.most_clones, -1) then told.clones.count end as clones,
    case
        when told.clones.count > coalesce(corrected.most_clones, -1) and told.clones.uniques >= 0 then told.clones.uniques
        when told.clones.count >= 0 and told.loose_clone_uniques > told.clones.count then null
        when corrected.most_clones is null then told.loose_clone_uniques
    end as clone_uniques
from told
left join corrected using (repository_id, day);
