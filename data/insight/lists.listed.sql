-- What a repository's lists of referrers or paths had, list by list. Each is GitHub's top ten of the 14 days before it
-- was seen: lists overlap, so nothing here may be added up over them. Days are UTC.
-- Grain: a list and entry. Source: referrer_snapshot, path_snapshot.
with entries as (
    select
        observed_on,
        referrer as name,
        null as title,
        views,
        view_uniques
    from referrer_snapshot
    where
        repository_id in (select unnest($visible::integer[]))
        and $listing = 'referrers'
        and observed_on <= $last_day
    union all
    select
        observed_on,
        path as name,
        title,
        views,
        view_uniques
    from path_snapshot
    where
        repository_id in (select unnest($visible::integer[]))
        and $listing = 'paths'
        and observed_on <= $last_day
)

select
    observed_on,
    row_number() over (partition by observed_on order by views desc, view_uniques desc, name asc)::integer as rank,
    name,
    title,
    views,
    view_uniques
from entries
order by observed_on, rank;
