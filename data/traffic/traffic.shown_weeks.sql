-- The weeks of v_weekly, of the repositories set down, each whole, that have a day between two days. Weeks are
-- Mondays, UTC. Where GitHub counted the whole week, its count and true uniques (kind github), unless its days have
-- more; else the sum of the known days (kind days). Grain: a repository and week. Source: shown_day, weekly_traffic, shown_repository.
create or replace temp macro shown_week(from_day, to_day) as table
with parts as (
    select
        repository_id,
        date_trunc('week', day)::date as week,
        day,
        views,
        view_uniques,
        views_state,
        clones,
        clone_uniques,
        clones_state,
        null as whole_views,
        null as whole_view_uniques,
        null as whole_clones,
        null as whole_clone_uniques
    from shown_day(date_trunc('week', from_day)::date, date_trunc('week', to_day)::date + 6)
    union all
    select
        repository_id,
        week,
        null as day,
        null as views,
        null as view_uniques,
        null as views_state,
        null as clones,
        null as clone_uniques,
        null as clones_state,
        case when views_complete then views end as whole_views,
        case when views_complete then view_uniques end as whole_view_uniques,
        case when clones_complete then clones end as whole_clones,
        case when clones_complete then clone_uniques end as whole_clone_uniques
    from weekly_traffic
    where
        repository_id in (select repository_id from shown_repository)
        and week between date_trunc('week', from_day)::date and to_day
        and (views_complete or clones_complete)
),

weeks as (
    select
        repository_id,
        week,
        greatest(max(whole_views), sum(views))::bigint as views,
        case when max(whole_views) >= coalesce(sum(views), 0) then max(whole_view_uniques) end as whole_view_uniques,
        sum(view_uniques)::bigint as visitor_days,
        count(*) filter (where views_state = 'final') = 7 as views_are_final,
        bool_or(views_state = 'gap') as views_have_gap,
        greatest(max(whole_clones), sum(clones))::bigint as clones,
        case when max(whole_clones) >= coalesce(sum(clones), 0) then max(whole_clone_uniques) end as whole_clone_uniques,
        sum(clone_uniques)::bigint as cloner_days,
        count(*) filter (where clones_state = 'final') = 7 as clones_are_final,
        bool_or(clones_state = 'gap') as clones_have_gap,
        coalesce(
            min(day) > week or (max(day) < week + 6 and max(day) < (select today from v_today) - 14),
            week < (select today from v_today) - 13
        ) as lacks_days
    from parts
    group by repository_id, week
)

select
    repository_id,
    week,
    views,
    coalesce(whole_view_uniques, visitor_days) as view_uniques,
    case
        when whole_view_uniques is not null then 'github'
        when visitor_days is not null then 'days'
    end as view_uniques_kind,
    clones,
    coalesce(whole_clone_uniques, cloner_days) as clone_uniques,
    case
        when whole_clone_uniques is not null then 'github'
        when cloner_days is not null then 'days'
    end as clone_uniques_kind,
    case
        when whole_view_uniques is not null or views_are_final then 'final'
        when views_have_gap or lacks_days then 'gap'
        else 'pending'
    end as views_state,
    case
        when whole_clone_uniques is not null or clones_are_final then 'final'
        when clones_have_gap or lacks_days then 'gap'
        else 'pending'
    end as clones_state
from weeks;
