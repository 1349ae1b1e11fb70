-- What the final days of a period add up to, and those of as many days before it whose counterparts in the period
-- are not pending. Null: no final day is known. Grain: one row. Source: shown_day, coverage.
with days as (
    select
        days.*,
        days.day >= $first_day as within,
        days.day + ($last_day - $first_day + 1)::integer as counterpart
    from shown_day($first_day - ($last_day - $first_day + 1)::integer, $last_day) as days
),

compared as (
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
)

select
    sum(views) filter (where within and views_state = 'final')::bigint as views,
    sum(clones) filter (where within and clones_state = 'final')::bigint as clones,
    sum(view_uniques) filter (where within and views_state = 'final')::bigint as visitor_days,
    sum(clone_uniques) filter (where within and clones_state = 'final')::bigint as cloner_days,
    sum(views) filter (where not within and views_state = 'final' and views_compare)::bigint as views_before,
    sum(clones) filter (where not within and clones_state = 'final' and clones_compare)::bigint as clones_before,
    sum(view_uniques)
        filter (where not within and views_state = 'final' and views_compare)::bigint as visitor_days_before,
    sum(clone_uniques)
        filter (where not within and clones_state = 'final' and clones_compare)::bigint as cloner_days_before,
    count(*) filter (where within and 'gap' in (views_state, clones_state)) as gap_days,
    count(*) filter (where within and 'pending' in (views_state, clones_state)) as pending_days
from compared;
