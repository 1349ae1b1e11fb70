-- The referrers and paths whose sums rose over some days: for each name its greatest sum in the lists seen on the two days
-- after (where there are none, in the first one of the two days after these), beside the newest list seen up to the day.
-- A name that is not in a list of ten had no more views than its tenth, one that is not in a shorter list had none. What
-- it gained is the least that came on the days between: the lists overlap, and what left them is no less than nothing.
-- Null: no list was seen in the ten days before.
-- Grain: a repository, day, listing and name. Source: snapshot, v_referrers, v_paths.
with spike_day as (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($days::date[]) as day
),

entries as (
    select
        'referrer' as kind,
        repository_id,
        observed_on,
        referrer as name,
        views
    from v_referrers
    where repository_id in (select unnest($visible::integer[]))
    union all
    select
        'path' as kind,
        repository_id,
        observed_on,
        path as name,
        views
    from v_paths
    where repository_id in (select unnest($visible::integer[]))
),

lists as (
    select
        snapshot.repository_id,
        case snapshot.listing when 'referrers' then 'referrer' else 'path' end as kind,
        snapshot.observed_on,
        case when snapshot.entries < 10 then 0 else least_listed.views end as most_unlisted
    from snapshot
    left join (
        select
            repository_id,
            kind,
            observed_on,
            min(views) as views
        from entries
        group by repository_id, kind, observed_on
    ) as least_listed
        on
            snapshot.repository_id = least_listed.repository_id
            and (snapshot.listing = 'referrers') = (least_listed.kind = 'referrer')
            and snapshot.observed_on = least_listed.observed_on
    where
        snapshot.repository_id in (select unnest($visible::integer[]))
        and (snapshot.batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
),

first_seen as (
    select
        repository_id,
        kind,
        name,
        min(observed_on) as first_on
    from entries
    group by repository_id, kind, name
),

before as (
    select
        spike_day.repository_id,
        spike_day.day,
        lists.kind,
        max(lists.observed_on) as observed_on
    from spike_day
    inner join lists
        on
            spike_day.repository_id = lists.repository_id
            and lists.observed_on between spike_day.day - 10 and spike_day.day
    group by spike_day.repository_id, spike_day.day, lists.kind
),

following as (
    select
        spike_day.repository_id,
        spike_day.day,
        lists.kind,
        greatest(min(lists.observed_on), spike_day.day + 2) as until
    from spike_day
    inner join lists
        on
            spike_day.repository_id = lists.repository_id
            and lists.observed_on between spike_day.day + 1 and spike_day.day + 4
    group by spike_day.repository_id, spike_day.day, lists.kind
),

after as (
    select
        following.repository_id,
        following.day,
        entries.kind,
        entries.name,
        max(entries.views) as views,
        arg_max(entries.observed_on, (entries.views, following.day - entries.observed_on)) as observed_on
    from following
    inner join entries
        on
            following.repository_id = entries.repository_id
            and following.kind = entries.kind
            and entries.observed_on between following.day + 1 and following.until
    group by following.repository_id, following.day, entries.kind, entries.name
)

select
    after.repository_id,
    after.day,
    after.kind,
    after.name,
    after.observed_on as seen_on,
    first_seen.first_on > after.day as is_new,
    after.views,
    earlier.views as views_before,
    after.views - coalesce(earlier.views, lists.most_unlisted) as gained,
    before.observed_on as seen_before
from after
inner join first_seen using (repository_id, kind, name)
left join before using (repository_id, day, kind)
left join lists
    on
        before.repository_id = lists.repository_id
        and before.kind = lists.kind
        and before.observed_on = lists.observed_on
left join entries as earlier
    on
        before.repository_id = earlier.repository_id
        and before.kind = earlier.kind
        and before.observed_on = earlier.observed_on
        and after.name = earlier.name;
