-- What a chart shows of views, or of clones, as $metric says: the periods of the repositories with the most views (then
-- clones, then by name), and the total of all. Periods are days, weeks (Mondays) or months, UTC, of which the days between
-- the first and the last one count; unknown is null. uniques are of the kind day, week (GitHub's own) or sum_of_days (daily
-- ones added up); the total has none. Counts from another tool, and those of weeks and months with such days, are of the
-- kind import. pending: the part of the count of a week or month that is of pending days.
-- Grain: a repository (null: all) and period. Source: v_daily, v_weekly, v_monthly, from the session's variables today,
-- first_day, last_day. left_out: how many repositories with such periods are in the total only.
-- What days, weeks and months are called and what only some of them have, without a row; the view of $grain has the rows.
with visible as (
    select unnest($visible::integer[]) as repository_id
),

periods as (
    select
        null::date as day,
        null::date as week,
        null::date as month,
        null::bigint as view_uniques,
        null::bigint as clone_uniques,
        null::bigint as visitor_days,
        null::bigint as cloner_days,
        null::text as views_source,
        null::text as clones_source,
        null::bigint as pending_views,
        null::bigint as pending_clones,
        null::integer as imported_views_days,
        null::integer as imported_clones_days
    where false
    union all by name
    from query_table(case $grain when 'day' then 'v_daily' when 'week' then 'v_weekly' else 'v_monthly' end)
    where repository_id in (select repository_id from visible)
),

chosen as materialized (
    select
        repository_id,
        full_name,
        coalesce(day, week, month) as period,
        views,
        clones,
        if($metric = 'views', views, clones) as value,
        if($metric = 'views', views_state, clones_state) as state,
        if(
            if($metric = 'views', views_source, clones_source) = 'import'
            or if($metric = 'views', imported_views_days, imported_clones_days) > 0,
            'import',
            null
        ) as kind,
        coalesce(if($metric = 'views', pending_views, pending_clones), 0) as pending,
        if($metric = 'views', coalesce(view_uniques, visitor_days), coalesce(clone_uniques, cloner_days)) as uniques,
        if($metric = 'views', view_uniques_kind, clone_uniques_kind) as uniques_kind
    from periods
    where
        contains(lower(full_name), lower($search))
        and ($grain <> 'day' or day between $first_day and $last_day)
),

largest as (
    select
        repository_id,
        row_number() over (
            order by sum(views) desc nulls last, sum(clones) desc nulls last, lower(full_name), repository_id
        ) as place,
        greatest(count(*) over () - $most, 0) as left_out
    from chosen
    group by repository_id, full_name
    qualify place <= $most
),

totals as (
    select
        period,
        sum(value)::bigint as value,
        sum(pending)::bigint as pending,
        case
            when bool_and(state in ('final', 'partial')) then any_value(state)
            when bool_or(state = 'gap') then 'gap'
            else 'pending'
        end as state,
        if($grain <> 'day' and bool_or(kind = 'import'), 'import', null) as kind
    from chosen
    group by period
)

-- As a part of its own: DuckDB 1.5 orders a union by its columns only, not by what is made of them.
from (
    select
        chosen.repository_id,
        chosen.full_name,
        chosen.period,
        chosen.value,
        chosen.state,
        chosen.kind,
        chosen.pending,
        chosen.uniques,
        if(chosen.uniques_kind = 'week', 'final', chosen.state) as uniques_state,
        chosen.uniques_kind,
        largest.left_out
    from chosen
    inner join largest using (repository_id)
    union all
    select
        null as repository_id,
        'total' as full_name,
        period,
        value,
        state,
        kind,
        pending,
        null as uniques,
        null as uniques_state,
        null as uniques_kind,
        0 as left_out
    from totals
)
order by repository_id is not null, lower(full_name), repository_id, period;
