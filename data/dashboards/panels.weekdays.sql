-- What a weekday has on average, of final days only (of all repositories together, or those of a group: of the days that
-- are final for each; each of $visible counts in the one of $groups beside it): the largest groups, and how many there are (names). Days are UTC; the period names the
-- weekday: the day of the week of Monday, 1 January 1900. Grain: a name and weekday. Source: v_daily, from the session's
-- variable today.
with visible as materialized (
    select
        unnest($visible::integer[]) as repository_id,
        unnest($groups::varchar[]) as name
),

counted as (
    select
        visible.name,
        v_daily.day,
        case $measure
            when 'views' then v_daily.views
            when 'visitors' then v_daily.view_uniques
            when 'clones' then v_daily.clones
            when 'cloners' then v_daily.clone_uniques
        end as value,
        if($measure in ('views', 'visitors'), v_daily.views_state, v_daily.clones_state) as state
    from v_daily
    inner join visible using (repository_id)
    where
        v_daily.repository_id in (select repository_id from visible)
        and v_daily.day between $first_day and $last_day
),

days as (
    select
        name,
        day,
        sum(value) as value,
        bool_and(state = 'final') as is_final
    from counted
    group by name, day
),

groups as materialized (
    select
        name,
        date '1900-01-01' + extract('isodow' from day)::integer - 1 as period,
        round(avg(value) filter (where is_final), 1) as value,
        if(count(value) filter (where is_final) > 0, 'final', 'gap') as state
    from days
    group by all
),

ranked as (
    select
        name,
        row_number() over (order by sum(value) desc nulls last, lower(name), name) as place,
        count(*) over () as names
    from groups
    group by name
)

select
    groups.period,
    groups.name,
    groups.value,
    groups.state,
    ranked.names
from groups
inner join ranked on groups.name is not distinct from ranked.name
where ranked.place <= $most
order by ranked.place, groups.period;
