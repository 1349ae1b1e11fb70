-- Sets down what the top-10 lists between two days name: referrers or paths. Grain: a repository, day of observation
-- (UTC) and entry. Source: referrer_snapshot, path_snapshot, panel_repository.
create or replace temp table panel_listed as
select
    repository_id,
    observed_on,
    referrer as entry,
    views,
    view_uniques as visitors
from referrer_snapshot
where
    repository_id in (select repository_id from panel_repository)
    and $listing = 'referrers' and observed_on between $first_day and $last_day
union all
select
    repository_id,
    observed_on,
    path as entry,
    views,
    view_uniques as visitors
from path_snapshot
where
    repository_id in (select repository_id from panel_repository)
    and $listing = 'paths' and observed_on between $first_day and $last_day;
