-- The selected repositories beside as many days before the selection: what the final days add up to, and what those of
-- them that are final in both stretches add up to, like with like. Days are UTC, unknown is null. Stars are those gained
-- a day; of the same days, and only where the history was read two days later (its days are not quite UTC's).
-- Grain: a repository. Source: shown_repository, shown_day, star_history, endpoint_state.
with stretch as (
    select
        $first_day::date as first_day,
        $last_day::date as last_day,
        ($last_day::date - $first_day::date + 1)::integer as days
),

days as materialized (
    select
        repository_id,
        day,
        case when views_state = 'final' then views end as views,
        case when views_state = 'final' then view_uniques end as visitors,
        case when clones_state = 'final' then clones end as clones,
        case when clones_state = 'final' then clone_uniques end as cloners,
        'gap' in (views_state, clones_state) as is_gap
    from shown_day($first_day::date - ($last_day::date - $first_day::date + 1)::integer, $last_day::date)
),

now as (
    select days.*
    from days
    cross join stretch
    where days.day >= stretch.first_day
),

before as (
    select
        days.*,
        days.day + stretch.days as counterpart
    from days
    cross join stretch
    where days.day < stretch.first_day
),

summed as (
    select
        now.repository_id,
        sum(now.views)::bigint as views,
        sum(now.views) filter (where before.views is not null)::bigint as views_compared,
        sum(before.views) filter (where now.views is not null)::bigint as views_before,
        count(now.views + before.views) as views_days,
        sum(now.visitors)::bigint as visitor_days,
        sum(now.visitors) filter (where before.visitors is not null)::bigint as visitor_days_compared,
        sum(before.visitors) filter (where now.visitors is not null)::bigint as visitor_days_before,
        sum(now.clones)::bigint as clones,
        sum(now.clones) filter (where before.clones is not null)::bigint as clones_compared,
        sum(before.clones) filter (where now.clones is not null)::bigint as clones_before,
        count(now.clones + before.clones) as clones_days,
        sum(now.cloners)::bigint as cloner_days,
        sum(now.cloners) filter (where before.cloners is not null)::bigint as cloner_days_compared,
        sum(before.cloners) filter (where now.cloners is not null)::bigint as cloner_days_before,
        count(now.views) as final_days,
        count(*) filter (where now.is_gap) as gap_days
    from now
    left join before on now.repository_id = before.repository_id and now.day = before.counterpart
    group by now.repository_id
),

settled as (
    select
        star_history.repository_id,
        star_history.day,
        star_history.stars
    from star_history
    inner join endpoint_state
        on
            star_history.repository_id = endpoint_state.repository_id
            and endpoint_state.endpoint = 'star_history'
            and star_history.day <= endpoint_state.last_good_at::date - 2
    cross join stretch
    cross join v_today
    where
        star_history.repository_id in (select repository_id from shown_repository)
        and star_history.day between stretch.first_day - stretch.days and stretch.last_day
        and star_history.day <= v_today.today - 3
),

starred as (
    select
        now.repository_id,
        sum(now.stars)::bigint as stars,
        sum(now.stars) filter (where before.stars is not null)::bigint as stars_compared,
        sum(before.stars)::bigint as stars_before,
        count(before.stars) as stars_days
    from settled as now
    cross join stretch
    left join settled as before
        on
            now.repository_id = before.repository_id
            and now.day = before.day + stretch.days
            and before.day < stretch.first_day
    where now.day >= stretch.first_day
    group by now.repository_id
),

slices as (
    select
        now.repository_id,
        (now.day - stretch.first_day) // $slice_days as slice,
        avg(now.views) as views_a_day
    from now
    cross join stretch
    where now.views is not null
    group by all
),

sparklines as (
    select
        repository_id,
        list(round(views_a_day, 1) order by slice) as sparkline
    from slices
    group by repository_id
)

select
    shown_repository.repository_id,
    shown_repository.full_name,
    coalesce(summed.final_days, 0) as final_days,
    coalesce(summed.gap_days, 0) as gap_days,
    summed.views,
    summed.views_compared,
    summed.views_before,
    coalesce(summed.views_days, 0) as views_days,
    summed.visitor_days,
    summed.visitor_days_compared,
    summed.visitor_days_before,
    summed.clones,
    summed.clones_compared,
    summed.clones_before,
    coalesce(summed.clones_days, 0) as clones_days,
    summed.cloner_days,
    summed.cloner_days_compared,
    summed.cloner_days_before,
    starred.stars,
    starred.stars_compared,
    starred.stars_before,
    coalesce(starred.stars_days, 0) as stars_days,
    sparklines.sparkline
from shown_repository
left join summed using (repository_id)
left join starred using (repository_id)
left join sparklines using (repository_id)
order by shown_repository.name_rank;
