-- Lets a series run over days. Grain: a repository and day (UTC). Source: shown_day.
create or replace temp macro shown_period(from_day, to_day) as table
select
    repository_id,
    day as period,
    views,
    view_uniques,
    null::text as view_uniques_kind,
    views_state,
    clones,
    clone_uniques,
    null::text as clone_uniques_kind,
    clones_state
from shown_day(from_day, to_day);
