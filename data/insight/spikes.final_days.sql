-- The days of some repositories whose views or clones are final; the other metric is null. A place is the number of
-- days after the first (UTC). Grain: a repository and day. Source: v_daily, from the session's variable today.
select
    repository_id,
    day - $first_day::date as place,
    case when views_state = 'final' then views end as views,
    case when clones_state = 'final' then clones end as clones
from v_daily
where
    repository_id in (select unnest($repository_ids::integer[]))
    and day >= $first_day
    and (views_state = 'final' or clones_state = 'final');
