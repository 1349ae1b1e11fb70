-- The days that answers told of; days are numbered from 1 January 1970 on, UTC.
-- Grain: a repository, metric and stretch. Source: coverage.
select
    repository_id,
    (metric = 'clones')::integer as metric,
    first_day - date '1970-01-01' as first_day,
    last_day - date '1970-01-01' as last_day
from coverage
where repository_id in (select unnest($visible::integer[]));
