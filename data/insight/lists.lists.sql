-- A repository's lists of referrers or paths seen between two days, each with the days of the answer on views that was
-- the newest then (of the 12 hours before; null: none was kept). A list without entries is one row with a null name.
-- Sums of rolling 14 days: never added up over lists. Days are UTC. Grain: a list and entry. Source: snapshot,
-- referrer_snapshot, path_snapshot, traffic_window.
with lists as (
    select
        repository_id,
        observed_on,
        observed_at
    from snapshot
    where
        repository_id in (select unnest($visible::integer[]))
        and listing = $listing
        and observed_on between $first_day and $last_day
        and (batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
),

entries as (
    select
        observed_on,
        referrer as name,
        views
    from referrer_snapshot
    where repository_id in (select unnest($visible::integer[])) and $listing = 'referrers'
    union all
    select
        observed_on,
        path as name,
        views
    from path_snapshot
    where repository_id in (select unnest($visible::integer[])) and $listing = 'paths'
),

answers as (
    select
        lists.observed_on,
        arg_max(seen.first_day, seen.observed_at) as first_day,
        arg_max(seen.last_day, seen.observed_at) as last_day
    from lists
    inner join traffic_window as seen
        on
            lists.repository_id = seen.repository_id
            and seen.metric = 'views'
            and (seen.batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
            and seen.observed_at between lists.observed_at - interval 12 hours and lists.observed_at + interval 10 minutes
    group by lists.observed_on
)

select
    lists.observed_on,
    lists.observed_at,
    answers.first_day as answer_first_day,
    answers.last_day as answer_last_day,
    entries.name,
    entries.views
from lists
left join answers using (observed_on)
left join entries using (observed_on)
order by lists.observed_on, entries.views desc, entries.name;
