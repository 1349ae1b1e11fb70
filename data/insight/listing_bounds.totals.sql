-- All views of each day between two that is final: covered by an answer, and three days old or older.
-- Grain: a day (UTC) of one repository. Source: daily_traffic, coverage.
select
    days.day,
    days.views
from daily_traffic as days
inner join coverage
    on
        days.repository_id = coverage.repository_id
        and coverage.metric = 'views'
        and days.day between coverage.first_day and coverage.last_day
where
    days.repository_id in (select unnest($visible::integer[]))
    and days.day between $first_day and least($last_day::date, (select today from v_today) - 3)
    and days.views is not null;
