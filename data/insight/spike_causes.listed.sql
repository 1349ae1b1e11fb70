-- The referrers and paths whose sums rose over some days: for each name its greatest sum in the lists seen on the two days
-- after (where there are none, in the first one of the two days after these), beside the newest list seen up to the day.
-- A name that is not in a list of ten had no more views than its tenth, one that is not in a shorter list had none. What
-- it gained is the least that came on the days between: the lists overlap, and what left them is no less than nothing.
-- Null: no list was seen in the ten days before.
-- Grain: a repository, day, listing and name. Source: snapshot, referrer_snapshot, path_snapshot.
with spike_day as (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($days::date[]) as day
),

lists as (
    select
        repository_id,
        case listing when 'referrers' then 'referrer' else 'path' end as kind,
        observed_on,
        entries
    from snapshot
    where
        repository_id in (select unnest($visible::integer[]))
        and (batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
),

entries as (
    select
        lists.repository_id,
        lists.kind,
        lists.observed_on,
        seen.name,
        seen.views
    from (
        select
            'referrer' as kind,
            repository_id,
            observed_on,
            referrer as name,
            views
        from referrer_snapshot
        where repository_id in (select unnest($visible::integer[]))
        union all
        select
            'path' as kind,
            repository_id,
            observed_on,
            path as name,
            views
        from path_snapshot
        where repository_id in (select unnest($visible::integer[]))
    ) as seen
    inner join lists using (repository_id, kind, observed_on)
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

around as (
    select
        spike_day.repository_id,
        spike_day.day,
        lists.kind,
        max(lists.observed_on) filter (where lists.observed_on <= spike_day.day) as before_on,
        arg_max(lists.entries, lists.observed_on) filter (where lists.observed_on <= spike_day.day) as entries_before,
        min(lists.observed_on) filter (where lists.observed_on > spike_day.day) as after_on
    from spike_day
    inner join lists
        on
            spike_day.repository_id = lists.repository_id
            and lists.observed_on between spike_day.day - 10 and spike_day.day + 4
    group by spike_day.repository_id, spike_day.day, lists.kind
    having after_on is not null
),

listed as (
    select
        around.repository_id,
        around.day,
        around.kind,
        around.before_on,
        around.entries_before,
        entries.name,
        max(entries.views) filter (where entries.observed_on > around.day) as views,
        arg_max(entries.observed_on, (entries.views, around.day - entries.observed_on))
            filter (where entries.observed_on > around.day) as seen_on,
        max(entries.views) filter (where entries.observed_on = around.before_on) as views_before
    from around
    inner join entries
        on
            around.repository_id = entries.repository_id
            and around.kind = entries.kind
            and (
                entries.observed_on = around.before_on
                or entries.observed_on between around.day + 1 and greatest(around.after_on, around.day + 2)
            )
    group by all
)

select
    listed.repository_id,
    listed.day,
    listed.kind,
    listed.name,
    listed.seen_on,
    first_seen.first_on > listed.day as is_new,
    listed.views,
    listed.views_before,
    listed.views - coalesce(
        listed.views_before,
        case
            when listed.entries_before < 10 then 0
            else min(listed.views_before) over (partition by listed.repository_id, listed.day, listed.kind)
        end
    ) as gained,
    listed.before_on as seen_before
from listed
inner join first_seen using (repository_id, kind, name)
qualify listed.views is not null;
