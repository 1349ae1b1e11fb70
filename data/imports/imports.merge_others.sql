-- Writes the imported lists and counters anew for what an import has touched: those of the first import that has the
-- day, unless GitHub has answered here itself on that day.
-- Grain in: touched_list (repository_id, listing, observed_on) and touched_stats (repository_id, day), each once.
create or replace temp table stale_list as
select
    snapshot.repository_id,
    snapshot.listing,
    snapshot.observed_on
from snapshot
semi join touched_list using (repository_id, listing, observed_on)
where snapshot.batch_id is not null;

delete from referrer_snapshot
using stale_list
where
    stale_list.listing = 'referrers'
    and referrer_snapshot.repository_id = stale_list.repository_id
    and referrer_snapshot.observed_on = stale_list.observed_on;

delete from path_snapshot
using stale_list
where
    stale_list.listing = 'paths'
    and path_snapshot.repository_id = stale_list.repository_id
    and path_snapshot.observed_on = stale_list.observed_on;

delete from snapshot
using stale_list
where
    snapshot.repository_id = stale_list.repository_id
    and snapshot.listing = stale_list.listing
    and snapshot.observed_on = stale_list.observed_on;

create or replace temp table fresh_list as
select imported_listing.*
from imported_listing
semi join touched_list using (repository_id, listing, observed_on)
anti join snapshot
    on
        imported_listing.repository_id = snapshot.repository_id
        and imported_listing.listing = snapshot.listing
        and imported_listing.observed_on = snapshot.observed_on
qualify
    imported_listing.batch_id
    = min(imported_listing.batch_id) over (
        partition by imported_listing.repository_id, imported_listing.listing, imported_listing.observed_on
    );

insert into snapshot (repository_id, listing, observed_on, observed_at, digest, entries, batch_id)
select
    repository_id,
    listing,
    observed_on,
    observed_on::timestamp as observed_at,
    'import' as digest,
    count(*) as entries,
    any_value(batch_id) as batch_id
from fresh_list
group by repository_id, listing, observed_on;

insert into referrer_snapshot (repository_id, observed_on, referrer, views, view_uniques)
select
    repository_id,
    observed_on,
    name,
    views,
    view_uniques
from fresh_list
where listing = 'referrers';

insert into path_snapshot (repository_id, observed_on, path, title, views, view_uniques)
select
    repository_id,
    observed_on,
    name,
    title,
    views,
    view_uniques
from fresh_list
where listing = 'paths';

delete from repository_stats
using touched_stats
where
    repository_stats.batch_id is not null
    and repository_stats.repository_id = touched_stats.repository_id
    and repository_stats.day = touched_stats.day;

insert into repository_stats (repository_id, day, observed_at, stars, forks, batch_id)
select
    imported_stats.repository_id,
    imported_stats.day,
    imported_stats.day::timestamp as observed_at,
    max(imported_stats.stars) as stars,
    max(imported_stats.forks) as forks,
    min(imported_stats.batch_id) as batch_id
from imported_stats
semi join touched_stats using (repository_id, day)
anti join repository_stats
    on imported_stats.repository_id = repository_stats.repository_id and imported_stats.day = repository_stats.day
group by imported_stats.repository_id, imported_stats.day;
