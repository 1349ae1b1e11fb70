-- The referrers that a repository's lists had for the first time in a period; those of its very first list are left out: they
-- may be older. views: the most that a list of the period has of the 14 days before it.
-- Grain: a repository and referrer, the most views first. Days are UTC. Source: referrer_snapshot, snapshot.
with visible as (
    select unnest($visible::integer[]) as repository_id
),

listed as (
    select
        repository_id,
        referrer,
        min(observed_on) as first_seen,
        max(views) as views,
        max(view_uniques) as view_uniques
    from referrer_snapshot
    where
        repository_id in (select repository_id from visible)
        and observed_on between $first_day and $last_day
    group by repository_id, referrer
),

before as (
    select distinct
        repository_id,
        referrer
    from referrer_snapshot
    where
        repository_id in (select repository_id from listed)
        and observed_on < $first_day
),

first_lists as (
    select
        repository_id,
        min(observed_on) as observed_on
    from snapshot
    where repository_id in (select repository_id from listed) and listing = 'referrers'
    group by repository_id
)

select
    listed.repository_id,
    repository.full_name,
    listed.referrer,
    listed.first_seen,
    listed.views,
    listed.view_uniques
from listed
anti join before on listed.repository_id = before.repository_id and listed.referrer = before.referrer
inner join first_lists on listed.repository_id = first_lists.repository_id and listed.first_seen > first_lists.observed_on
inner join repository on listed.repository_id = repository.repository_id
order by listed.views desc, lower(repository.full_name), listed.referrer;
