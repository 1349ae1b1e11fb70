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
    and (batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
order by observed_on;
