-- What a repository's lists of referrers or paths had, list by list. Each is GitHub's top ten of the 14 days before it
-- was seen: lists overlap, so nothing here may be added up over them. Days are UTC.
-- Grain: a list and entry. Source: v_referrers, v_paths.
select
    observed_on,
    rank,
    referrer as name,
    null as title,
    views,
    view_uniques
from v_referrers
where
    repository_id in (select unnest($visible::integer[]))
    and $listing = 'referrers'
    and observed_on <= $last_day
union all
select
    observed_on,
    rank,
    path as name,
    title,
    views,
    view_uniques
from v_paths
where
    repository_id in (select unnest($visible::integer[]))
    and $listing = 'paths'
    and observed_on <= $last_day
order by observed_on, rank;
