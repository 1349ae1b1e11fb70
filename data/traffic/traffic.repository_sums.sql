-- What the known days of a period add up to for each repository, pending ones included where $with_pending, and beside it the days $before_days
-- earlier, like with like: of those (_before) and of the period itself (_compared) only the days that are final in both.
-- Days are UTC; unknown is null. visitor_days and cloner_days are daily uniques added up.
-- Grain: a visible repository whose name contains the search, by name. Source: v_daily, star_history, from the session's variable today.
-- stars are gained ones.
with visible as (
    select unnest($visible::integer[]) as repository_id
),

chosen as (
    select
        repository_id,
        full_name
    from repository
    where
        repository_id in (select repository_id from visible)
        and contains(lower(full_name), lower($search))
),

known as materialized (
    select
        repository_id,
        day,
        views,
        view_uniques,
        views_state = 'final' as views_are_final,
        clones,
        clone_uniques,
        clones_state = 'final' as clones_are_final,
        views_state = 'gap' or clones_state = 'gap' as is_gap,
        views_state = 'pending' or clones_state = 'pending' as is_pending
    from v_daily
    where
        repository_id in (select repository_id from chosen)
        and day >= $first_day::date - $before_days -- by which a lake leaves out the files of earlier years
        and (
            day between $first_day and $last_day
            or day between $first_day::date - $before_days and $last_day::date - $before_days
        )
),

days as (
    select
        repository_id,
        day,
        case when $with_pending or views_are_final then views end as known_views,
        case when $with_pending or views_are_final then view_uniques end as known_visitor_days,
        case when $with_pending or clones_are_final then clones end as known_clones,
        case when $with_pending or clones_are_final then clone_uniques end as known_cloner_days,
        case when views_are_final then views end as views,
        case when views_are_final then view_uniques end as visitor_days,
        case when clones_are_final then clones end as clones,
        case when clones_are_final then clone_uniques end as cloner_days,
        is_gap,
        is_pending
    from known
    where day between $first_day and $last_day
),

days_before as (
    select
        repository_id,
        day + $before_days as day,
        case when views_are_final then views end as views_before,
        case when views_are_final then view_uniques end as visitor_days_before,
        case when clones_are_final then clones end as clones_before,
        case when clones_are_final then clone_uniques end as cloner_days_before
    from known
    where day between $first_day::date - $before_days and $last_day::date - $before_days
),

-- A day beside its counterpart, so many days before; of both, what is final in both.
pairs as (
    select
        days.*,
        if(days_before.views_before is null, null, days.views) as views_compared,
        if(days.views is null, null, days_before.views_before) as views_before,
        if(days_before.visitor_days_before is null, null, days.visitor_days) as visitor_days_compared,
        if(days.visitor_days is null, null, days_before.visitor_days_before) as visitor_days_before,
        if(days_before.clones_before is null, null, days.clones) as clones_compared,
        if(days.clones is null, null, days_before.clones_before) as clones_before,
        if(days_before.cloner_days_before is null, null, days.cloner_days) as cloner_days_compared,
        if(days.cloner_days is null, null, days_before.cloner_days_before) as cloner_days_before
    from days
    left join days_before using (repository_id, day)
),

sums as (
    select
        repository_id,
        count(views) as final_days,
        count(clones) as final_clones_days,
        sum(is_gap::integer)::bigint as gap_days,
        sum(is_pending::integer)::bigint as pending_days,
        sum(known_views)::bigint as views,
        sum(views_compared)::bigint as views_compared,
        sum(views_before)::bigint as views_before,
        count(views_compared) as views_days,
        sum(known_visitor_days)::bigint as visitor_days,
        sum(visitor_days_compared)::bigint as visitor_days_compared,
        sum(visitor_days_before)::bigint as visitor_days_before,
        sum(known_clones)::bigint as clones,
        sum(clones_compared)::bigint as clones_compared,
        sum(clones_before)::bigint as clones_before,
        count(clones_compared) as clones_days,
        sum(known_cloner_days)::bigint as cloner_days,
        sum(cloner_days_compared)::bigint as cloner_days_compared,
        sum(cloner_days_before)::bigint as cloner_days_before
    from pairs
    group by repository_id
),

-- Stars gained; the history was read two days later or more, since its days are not quite UTC's.
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
        star_history.repository_id in (select repository_id from chosen)
        and star_history.day between $first_day::date - $before_days and least($last_day::date, (select final_until from v_today))
),

star_pairs as (
    select
        gained.repository_id,
        gained.stars,
        if(gained_before.stars is null, null, gained.stars) as stars_compared,
        if(gained.stars is null, null, gained_before.stars) as stars_before
    from gained
    left join gained as gained_before
        on
            gained.repository_id = gained_before.repository_id
            and gained.day = gained_before.day + $before_days
    where gained.day >= $first_day
),

star_sums as (
    select
        repository_id,
        sum(stars)::bigint as stars,
        sum(stars_compared)::bigint as stars_compared,
        sum(stars_before)::bigint as stars_before,
        count(stars_compared) as stars_days
    from star_pairs
    group by repository_id
)

select
    chosen.repository_id,
    chosen.full_name,
    coalesce(sums.final_days, 0) as final_days,
    coalesce(sums.final_clones_days, 0) as final_clones_days,
    coalesce(sums.gap_days, 0) as gap_days,
    coalesce(sums.pending_days, 0) as pending_days,
    sums.views,
    sums.views_compared,
    sums.views_before,
    coalesce(sums.views_days, 0) as views_days,
    sums.visitor_days,
    sums.visitor_days_compared,
    sums.visitor_days_before,
    sums.clones,
    sums.clones_compared,
    sums.clones_before,
    coalesce(sums.clones_days, 0) as clones_days,
    sums.cloner_days,
    sums.cloner_days_compared,
    sums.cloner_days_before,
    star_sums.stars,
    star_sums.stars_compared,
    star_sums.stars_before,
    coalesce(star_sums.stars_days, 0) as stars_days
from chosen
left join sums using (repository_id)
left join star_sums using (repository_id)
order by lower(chosen.full_name), chosen.repository_id;
