-- What the final days of a period add up to, and those of as many days before it whose counterparts in the period
-- are not pending. Null: no final day is known. Grain: one row. Source: shown_day, coverage.
with days as (
    select
        days.*,
        days.day >= $first_day as within,
        days.day + ($last_day - $first_day + 1)::integer as counterpart
    from shown_day($first_day - ($last_day - $first_day + 1)::integer, $last_day) as days
),

compared as materialized (
    select
        days.*,
        days.counterpart <= v_today.today - 3
        and (days.counterpart < v_today.today - 13 or view_coverage.repository_id is not null) as views_compare,
        days.counterpart <= v_today.today - 3
        and (days.counterpart < v_today.today - 13 or clone_coverage.repository_id is not null) as clones_compare
    from days
    cross join v_today
    left join coverage as view_coverage
        on
            days.repository_id = view_coverage.repository_id
            and view_coverage.metric = 'views'
            and days.counterpart between view_coverage.first_day and view_coverage.last_day
    left join coverage as clone_coverage
        on
            days.repository_id = clone_coverage.repository_id
            and clone_coverage.metric = 'clones'
            and days.counterpart between clone_coverage.first_day and clone_coverage.last_day
),

period as (
    select
        sum(views) filter (where views_state = 'final')::bigint as views,
        sum(clones) filter (where clones_state = 'final')::bigint as clones,
        sum(view_uniques) filter (where views_state = 'final')::bigint as visitor_days,
        sum(clone_uniques) filter (where clones_state = 'final')::bigint as cloner_days,
        count(*) filter (where 'gap' in (views_state, clones_state)) as gap_days,
        count(*) filter (where 'pending' in (views_state, clones_state)) as pending_days
    from compared
    where within
),

before as (
    select
        sum(views) filter (where views_state = 'final' and views_compare)::bigint as views,
        sum(clones) filter (where clones_state = 'final' and clones_compare)::bigint as clones,
        sum(view_uniques) filter (where views_state = 'final' and views_compare)::bigint as visitor_days,
        sum(clone_uniques) filter (where clones_state = 'final' and clones_compare)::bigint as cloner_days
    from compared
    where not within
)

select
    period.views,
    period.clones,
    period.visitor_days,
    period.cloner_days,
    before.views as views_before,
    before.clones as clones_before,
    before.visitor_days as visitor_days_before,
    before.cloner_days as cloner_days_before,
    period.gap_days,
    period.pending_days
from period
cross join before;
