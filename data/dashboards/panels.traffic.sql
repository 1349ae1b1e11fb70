-- Views, visitors, clones or cloners of the days from the first to the last one, by day, week or month, or in all (by
-- none), pending ones included, together, by repository or by group (each of $members is in the one of $groups
-- beside it, and counts in each of its groups): the largest groups, and how many there are (names). People of a
-- week are those that GitHub counted for it where $true_uniques, else daily ones added up. Days and weeks (Mondays) are UTC, unknown is null.
-- Grain: a name and period. Source: v_daily, v_weekly, v_monthly, from the session's variables today, first_day, last_day.
with members as (
    select
        unnest($members::integer[]) as repository_id,
        unnest($groups::varchar[]) as name
),

-- What days, weeks and months are called and what only some of them have, without a row; the view that $by asks for has the rows.
known as (
    select
        null::date as day,
        null::date as week,
        null::date as month,
        null::bigint as view_uniques,
        null::bigint as clone_uniques,
        null::bigint as visitor_days,
        null::bigint as cloner_days
    where false
    union all by name
    from query_table(case $by when 'week' then 'v_weekly' when 'month' then 'v_monthly' else 'v_daily' end)
    where repository_id in (select unnest($visible::integer[]))
),

periods as (
    select
        repository_id,
        coalesce(day, week, month) as period,
        views,
        if(day is not null or (week is not null and $true_uniques), view_uniques, visitor_days) as visitors,
        clones,
        if(day is not null or (week is not null and $true_uniques), clone_uniques, cloner_days) as cloners,
        case
            when week is not null and $true_uniques and $measure in ('visitors', 'cloners')
                then
                    case
                        when if($measure = 'visitors', view_uniques, clone_uniques) is not null then 'final'
                        when week + 6 >= (select shown_from from v_today) then 'pending'
                        when week < $first_day or week + 6 > $last_day then 'partial'
                        else 'gap'
                    end
            when $measure in ('views', 'visitors') then views_state
            else clones_state
        end as state
    from known
    where day is null or day between $first_day and $last_day
),

counted as (
    select
        members.name,
        if($by = 'none', null, periods.period) as period,
        case $measure
            when 'views' then periods.views
            when 'visitors' then periods.visitors
            when 'clones' then periods.clones
            when 'cloners' then periods.cloners
        end as value,
        periods.state
    from periods
    inner join members using (repository_id)
),

groups as materialized (
    select
        name,
        period,
        sum(value)::bigint as value,
        case
            when $by = 'none' then if(bool_or(state = 'gap'), 'gap', 'final')
            when bool_and(state in ('final', 'partial')) then min(state)
            when bool_or(state = 'gap') then 'gap'
            else 'pending'
        end as state
    from counted
    group by name, period
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
