-- All views of each day between two that is final. Grain: a day (UTC) of one repository. Source: v_daily.
select
    day,
    views
from v_daily
where
    repository_id in (select unnest($visible::integer[]))
    and day between $first_day and $last_day
    and views_state = 'final'
    and views is not null;
