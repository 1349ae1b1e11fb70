-- When a repository's list of referrers or paths was seen, empty ones included. Days are UTC.
-- Grain: a list. Source: snapshot.
select
    observed_on,
    entries
from snapshot
where
    repository_id in (select unnest($visible::integer[]))
    and listing = $listing
    and observed_on <= $last_day
order by observed_on;
