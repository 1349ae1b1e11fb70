-- Keeps releases as last reported, and an asset's lifetime download counter on each day on which it differed from before.
-- Grain in: incoming_release (repository_id, release_id, observed_at, tag_name, name, prerelease, published_at) and
-- incoming_asset (repository_id, asset_id, day, observed_at, release_id, asset_name, downloads).
merge into release as stored
using (
    from incoming_release
    qualify row_number() over (partition by repository_id, release_id order by observed_at desc) = 1
) as fresh
on stored.repository_id = fresh.repository_id and stored.release_id = fresh.release_id
when
    matched
    and fresh.observed_at > stored.observed_at
    and (fresh.tag_name, fresh.name, fresh.prerelease, fresh.published_at)
    is distinct from (stored.tag_name, stored.name, stored.prerelease, stored.published_at)
    then update set
        observed_at = fresh.observed_at,
        tag_name = fresh.tag_name,
        name = fresh.name,
        prerelease = fresh.prerelease,
        published_at = fresh.published_at
when not matched then insert (
    repository_id, release_id, observed_at, tag_name, name, prerelease, published_at
) values (
    fresh.repository_id, fresh.release_id, fresh.observed_at, fresh.tag_name, fresh.name,
    fresh.prerelease, fresh.published_at
);

create or replace temp table moved_counter as
with fresh as (
    from incoming_asset
    qualify row_number() over (partition by repository_id, asset_id, day order by observed_at desc) = 1
),

readings as (
    select
        repository_id,
        asset_id,
        day,
        observed_at,
        release_id,
        asset_name,
        downloads,
        true as is_fresh
    from fresh
    union all
    select
        repository_id,
        asset_id,
        day,
        observed_at,
        release_id,
        asset_name,
        downloads,
        false as is_fresh
    from release_download
    semi join fresh using (repository_id, asset_id)
),

newest as (
    from readings
    qualify row_number() over (partition by repository_id, asset_id, day order by observed_at desc, is_fresh) = 1
),

compared as (
    select
        newest.*,
        stored.downloads as stored_downloads,
        lag(newest.downloads) over (partition by repository_id, asset_id order by day) as downloads_before
    from newest
    left join release_download as stored using (repository_id, asset_id, day)
)

select
    repository_id,
    asset_id,
    day,
    observed_at,
    release_id,
    asset_name,
    downloads
from compared
where is_fresh and downloads is distinct from coalesce(stored_downloads, downloads_before);

merge into release_download as stored
using moved_counter as fresh
on stored.repository_id = fresh.repository_id and stored.asset_id = fresh.asset_id and stored.day = fresh.day
when matched then update set observed_at = fresh.observed_at, downloads = fresh.downloads
when not matched then insert (repository_id, asset_id, day, observed_at, release_id, asset_name, downloads)
values (
    fresh.repository_id, fresh.asset_id, fresh.day, fresh.observed_at,
    fresh.release_id, fresh.asset_name, fresh.downloads
);
