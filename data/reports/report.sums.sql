-- What the final days of a period add up to for each repository, and beside it the days $before_days earlier, like with like:
-- _compared and _before add up only the days that are final in both. As in repository_sums, which the pages tell, but without
-- its pending days. Of a week also GitHub's own uniques, where it counted the whole week, and no less than its days have (as
-- v_weekly tells them); visitor_days and cloner_days are daily uniques added up. Stars are gained ones.
-- Grain: a visible repository. Days are UTC, unknown is null. Source: v_daily, weekly_traffic, star_history, from the session's
-- variable today.
with pairs as (
    select
        repository_id,
        day,
        max(views) as views,
        max(view_uniques) as visitor_days,
        max(clones) as clones,
        max(clone_uniques) as cloner_days,
        max(views_before) as views_before,
        max(visitor_days_before) as visitor_days_before,
        max(clones_before) as clones_before,
        max(cloner_days_before) as cloner_days_before
    from (
        select
            repository_id,
            day,
            case when views_state = 'final' then views end as views,
            case when views_state = 'final' then view_uniques end as view_uniques,
            case when clones_state = 'final' then clones end as clones,
            case when clones_state = 'final' then clone_uniques end as clone_uniques,
            null as views_before,
            null as visitor_days_before,
            null as clones_before,
            null as cloner_days_before
        from v_daily
        where repository_id in (select unnest($visible::integer[])) and day between $first_day and $last_day
        union all
        select
            repository_id,
            day + $before_days as day,
            null as views,
            null as view_uniques,
            null as clones,
            null as clone_uniques,
            case when views_state = 'final' then views end as views_before,
            case when views_state = 'final' then view_uniques end as visitor_days_before,
            case when clones_state = 'final' then clones end as clones_before,
            case when clones_state = 'final' then clone_uniques end as cloner_days_before
        from v_daily
        where
            repository_id in (select unnest($visible::integer[]))
            and day between $first_day::date - $before_days and $last_day::date - $before_days
    )
    group by repository_id, day
),

sums as (
    select
        repository_id,
        count(views) as final_days,
        count(clones) as final_clones_days,
        sum(views)::bigint as views,
        (sum(views) filter (where views_before is not null))::bigint as views_compared,
        (sum(views_before) filter (where views is not null))::bigint as views_before,
        count_if(views is not null and views_before is not null) as views_days,
        sum(visitor_days)::bigint as visitor_days,
        (sum(visitor_days) filter (where visitor_days_before is not null))::bigint as visitor_days_compared,
        (sum(visitor_days_before) filter (where visitor_days is not null))::bigint as visitor_days_before,
        sum(clones)::bigint as clones,
        (sum(clones) filter (where clones_before is not null))::bigint as clones_compared,
        (sum(clones_before) filter (where clones is not null))::bigint as clones_before,
        sum(cloner_days)::bigint as cloner_days,
        (sum(cloner_days) filter (where cloner_days_before is not null))::bigint as cloner_days_compared,
        (sum(cloner_days_before) filter (where cloner_days is not null))::bigint as cloner_days_before
    from pairs
    group by repository_id
),

-- The history was read two days later or more, since its days are not quite UTC's.
gained as (
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
    where
        star_history.repository_id in (select unnest($visible::integer[]))
        and star_history.day between $first_day::date - $before_days and least($last_day::date, (select final_until from v_today))
),

star_sums as (
    select
        gained.repository_id,
        sum(gained.stars)::bigint as stars,
        (sum(gained.stars) filter (where gained_before.stars is not null))::bigint as stars_compared,
        sum(gained_before.stars)::bigint as stars_before
    from gained
    left join gained as gained_before
        on
            gained.repository_id = gained_before.repository_id
            and gained.day = gained_before.day + $before_days
    where gained.day >= $first_day
    group by gained.repository_id
),

-- A whole week that GitHub has counted itself; none of a month.
whole_weeks as (
    select
        repository_id,
        case when views_complete then views end as views,
        case when views_complete then view_uniques end as view_uniques,
        case when clones_complete then clones end as clones,
        case when clones_complete then clone_uniques end as clone_uniques
    from weekly_traffic
    where repository_id in (select unnest($visible::integer[])) and week = $first_day and $last_day::date - $first_day::date = 6
)

select
    repository.repository_id,
    repository.full_name,
    coalesce(sums.final_days, 0) as final_days,
    coalesce(sums.final_clones_days, 0) as final_clones_days,
    sums.views,
    sums.views_compared,
    sums.views_before,
    coalesce(sums.views_days, 0) as views_days,
    sums.visitor_days,
    sums.visitor_days_compared,
    sums.visitor_days_before,
    case when whole_weeks.views >= coalesce(sums.views, 0) then whole_weeks.view_uniques end as view_uniques,
    sums.clones,
    sums.clones_compared,
    sums.clones_before,
    sums.cloner_days,
    sums.cloner_days_compared,
    sums.cloner_days_before,
    case when whole_weeks.clones >= coalesce(sums.clones, 0) then whole_weeks.clone_uniques end as clone_uniques,
    star_sums.stars,
    star_sums.stars_compared,
    star_sums.stars_before
from repository
left join sums using (repository_id)
left join star_sums using (repository_id)
left join whole_weeks using (repository_id)
where repository.repository_id in (select unnest($visible::integer[]));
