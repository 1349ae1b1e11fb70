-- The days that an import has of some repositories, each once: of a metric the greatest count (ties by uniques); uniques
-- known without a count join it where they can. What a correction by hand took away is not brought back.
-- A reading is packed into one number, (count + 1) * 2^44 + uniques + 1, 0 being unknown: no count has 44 bits.
-- Grain: a repository and day (UTC). Source: the file $file, matched_repository, traffic_revision.
create or replace temp table incoming_day as
with packed as (
    select
        matched_repository.repository_id,
        staged.day,
        max((coalesce(staged.views, -1) + 1)::hugeint * 17592186044416 + coalesce(staged.view_uniques, -1) + 1) as views,
        max(staged.view_uniques) filter (where staged.views is null) as loose_view_uniques,
        max((coalesce(staged.clones, -1) + 1)::hugeint * 17592186044416 + coalesce(staged.clone_uniques, -1) + 1) as clones,
        max(staged.clone_uniques) filter (where staged.clones is null) as loose_clone_uniques
    from read_parquet($file) as staged
    inner join matched_repository using (source_number)
    where
        staged.source_number between $first_number and $last_number
        and list_contains($repository_ids, matched_repository.repository_id)
    group by matched_repository.repository_id, staged.day
),

unpacked as (
    select
        repository_id,
        day,
        nullif((views >> 44) - 1, -1)::bigint as views,
        coalesce(nullif((views & 17592186044415) - 1, -1)::bigint, loose_view_uniques) as view_uniques,
        nullif((clones >> 44) - 1, -1)::bigint as clones,
        coalesce(nullif((clones & 17592186044415) - 1, -1)::bigint, loose_clone_uniques) as clone_uniques
    from packed
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
    unpacked.repository_id,
    unpacked.day,
    case when not coalesce(unpacked.views <= corrected.most_views, false) then unpacked.views end as views,
    case
        when not coalesce(unpacked.views <= corrected.most_views or unpacked.view_uniques > unpacked.views, false)
            then unpacked.view_uniques
    end as view_uniques,
    case when not coalesce(unpacked.clones <= corrected.most_clones, false) then unpacked.clones end as clones,
    case
        when not coalesce(unpacked.clones <= corrected.most_clones or unpacked.clone_uniques > unpacked.clones, false)
            then unpacked.clone_uniques
    end as clone_uniques
from unpacked
left join corrected using (repository_id, day);
