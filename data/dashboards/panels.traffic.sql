-- Views, visitors, clones or cloners of the days from the first to the last one, by day, week or month, or in all (by
-- none), pending ones included, together, by repository or by group (each of $visible counts in the one of $groups beside
-- it): the largest groups, how many there are (names), and where $with_total, after them, all together without a name. People of a
-- week are those that GitHub counted for it where $true_uniques, else daily ones added up. Days and weeks (Mondays) are UTC, unknown is null.
-- Grain: a name and period. Source: v_daily, v_weekly, v_monthly, from the session's variables today, first_day, last_day.
with visible as materialized (
    select
        unnest($visible::integer[]) as repository_id,
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
        null::bigint as cloner_days,
        null::varchar as name
    where false
    union all by name
    from query_table(case $by when 'week' then 'v_weekly' when 'month' then 'v_monthly' else 'v_daily' end)
    inner join visible using (repository_id)
),

counted as materialized (
    select
        name,
        if($by = 'none', null, coalesce(day, week, month)) as period,
        case $measure
            when 'views' then views
            when 'clones' then clones
            when 'visitors' then if(day is not null or (week is not null and $true_uniques), view_uniques, visitor_days)
            when 'cloners' then if(day is not null or (week is not null and $true_uniques), clone_uniques, cloner_days)
        end as value,
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

ranked as (
    select
        name,
        row_number() over (order by sum(value) desc nulls last, lower(name), name) as place,
        count(*) over () as names
    from counted
    group by name
),

shown as (
    select
        ranked.place,
        counted.*
    from counted
    inner join ranked on counted.name is not distinct from ranked.name
    where ranked.place <= $most
    union all by name
    select
        $most + 1 as place,
        period,
        value,
        state
    from counted
    where $with_total
)

select
    period,
    name,
    sum(value)::bigint as value,
    case
        when $by = 'none' then if(bool_or(state = 'gap'), 'gap', 'final')
        when bool_and(state in ('final', 'partial')) then min(state)
        when bool_or(state = 'gap') then 'gap'
        else 'pending'
    end as state,
    (select max(names) from ranked) as names
from shown
group by place, name, period
order by place, period;
