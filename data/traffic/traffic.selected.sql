-- The selected repositories of a cursor, and their days and weeks as v_daily and v_weekly tell them.
create or replace temp table shown_repository as
select
    repository.repository_id,
    repository.full_name,
    row_number() over (order by lower(repository.full_name), repository.repository_id) as name_rank
from repository
where
    repository.repository_id in (select unnest($visible::integer[]))
    and contains(lower(repository.full_name), lower($search));

create or replace temp macro shown_day(from_day, to_day) as table
from v_daily
where repository_id in (select repository_id from shown_repository) and day between from_day and to_day;

create or replace temp macro shown_week(from_day, to_day) as table
select
    * replace (coalesce(view_uniques, visitor_days) as view_uniques, coalesce(clone_uniques, cloner_days) as clone_uniques),
    case when view_uniques is not null then 'github' when visitor_days is not null then 'days' end as view_uniques_kind,
    case when clone_uniques is not null then 'github' when cloner_days is not null then 'days' end as clone_uniques_kind
from v_weekly
where
    repository_id in (select repository_id from shown_repository)
    and week between date_trunc('week', from_day::date) and to_day;
