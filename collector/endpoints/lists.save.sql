-- Keeps one top-10 list a repository, listing and UTC day: the last one observed on that day, as a whole.
-- Grain in: incoming_listing (repository_id, listing, observed_on, observed_at, digest, rank, name, title, count,
-- uniques);
-- a list without entries is one row with rank 0. Snapshots of rolling 14 days: never to be added up.
create or replace temp table fresh_snapshot as
select
    repository_id,
    listing,
    observed_on,
    max(observed_at) as observed_at,
    arg_max(digest, observed_at) as digest
from incoming_listing
group by repository_id, listing, observed_on;

delete from fresh_snapshot
using snapshot as stored
where
    stored.repository_id = fresh_snapshot.repository_id
    and stored.listing = fresh_snapshot.listing
    and stored.observed_on = fresh_snapshot.observed_on
    and stored.batch_id is null  -- what was imported gives way
    and (stored.observed_at >= fresh_snapshot.observed_at or stored.digest = fresh_snapshot.digest);

create or replace temp table fresh_listing as
select distinct incoming_listing.*
from incoming_listing
semi join fresh_snapshot using (repository_id, listing, observed_on, observed_at, digest);

delete from referrer_snapshot
using fresh_snapshot as fresh
where
    fresh.listing = 'referrers'
    and referrer_snapshot.repository_id = fresh.repository_id
    and referrer_snapshot.observed_on = fresh.observed_on;

delete from path_snapshot
using fresh_snapshot as fresh
where
    fresh.listing = 'paths'
    and path_snapshot.repository_id = fresh.repository_id
    and path_snapshot.observed_on = fresh.observed_on;

delete from snapshot
using fresh_snapshot as fresh
where
    snapshot.repository_id = fresh.repository_id
    and snapshot.listing = fresh.listing
    and snapshot.observed_on = fresh.observed_on;

insert into referrer_snapshot
select
    repository_id,
    observed_on,
    name,
    count,
    uniques
from fresh_listing
where listing = 'referrers' and rank > 0;

insert into path_snapshot
select
    repository_id,
    observed_on,
    name,
    title,
    count,
    uniques
from fresh_listing
where listing = 'paths' and rank > 0;

insert into snapshot (repository_id, listing, observed_on, observed_at, digest, entries)
select
    repository_id,
    listing,
    observed_on,
    observed_at,
    digest,
    count(*) filter (where rank > 0)
from fresh_listing
group by repository_id, listing, observed_on, observed_at, digest;
