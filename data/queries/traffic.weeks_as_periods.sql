-- Lets a series run over weeks, each whole. Grain: a repository and week (Monday, UTC). Source: shown_week.
create or replace temp macro shown_period(from_day, to_day) as table
select
    repository_id,
    week as period,
    views,
    view_uniques,
    view_uniques_kind,
    views_state,
    clones,
    clone_uniques,
    clone_uniques_kind,
    clones_state
from shown_week(from_day, to_day);
