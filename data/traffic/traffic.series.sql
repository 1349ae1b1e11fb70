-- What a chart shows of some repositories: of each metric the periods of those with the most views (then clones, then by
-- name), and of views and clones the total of all. Periods are days, weeks (Mondays) or months, UTC, of which the days
-- between the first and the last one count; unknown is null. Uniques are of the kind day, week (GitHub's own) or sum_of_days (daily ones added up); days from another tool,
-- and weeks and months with such days, are of the kind import. Counters (stars, forks,
-- watchers, open issues and pull requests) are those of the period's last look. pending: the part of the counts of a week or
-- month that is of pending days.
-- Grain: a repository (null: all), metric and period. Source: v_daily, v_weekly, v_monthly, v_stars, from the session's
-- variables today, first_day, last_day. left_out: how many repositories with such periods are in the total only.
-- What days, weeks and months are called and what only some of them have, without a row; the view of $grain has the rows.
with periods as (
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
    where repository_id in (select unnest($visible::integer[]))
),

chosen as materialized (
    select
        repository_id,
        full_name,
        coalesce(day, week, month) as period,
        views,
        coalesce(view_uniques, visitor_days) as view_uniques,
        view_uniques_kind,
        views_state,
        coalesce(pending_views, 0) as pending_views,
        clones,
        coalesce(clone_uniques, cloner_days) as clone_uniques,
        clone_uniques_kind,
        clones_state,
        coalesce(pending_clones, 0) as pending_clones,
        if(views_source = 'import' or imported_views_days > 0, 'import', null) as views_kind,
        if(clones_source = 'import' or imported_clones_days > 0, 'import', null) as clones_kind
    from periods
    where
        contains(lower(full_name), lower($search))
        and (day is null or day between $first_day and $last_day)
),

ranked as (
    select
        repository_id,
        full_name,
        row_number() over (
            order by sum(views) desc nulls last, sum(clones) desc nulls last, lower(full_name), repository_id
        ) as place,
        greatest(count(*) over () - $most, 0) as left_out
    from chosen
    group by repository_id, full_name
),

largest as (
    select *
    from ranked
    where place <= $most
),

traffic as (
    select
        chosen.repository_id,
        chosen.full_name,
        chosen.period,
        unnest([
            {
                'metric': 'views', 'value': views, 'pending': pending_views, 'state': views_state, 'kind': views_kind
            },
            {
                'metric': 'view_uniques', 'value': view_uniques, 'pending': 0,
                'state': if(view_uniques_kind = 'week', 'final', views_state), 'kind': view_uniques_kind
            },
            {
                'metric': 'clones', 'value': clones, 'pending': pending_clones, 'state': clones_state,
                'kind': clones_kind
            },
            {
                'metric': 'clone_uniques', 'value': clone_uniques, 'pending': 0,
                'state': if(clone_uniques_kind = 'week', 'final', clones_state), 'kind': clone_uniques_kind
            }
        ], recursive := true)
    from chosen
    semi join largest using (repository_id)
),

counters as (
    select
        repository_id,
        full_name,
        date_trunc($grain, day)::date as period,
        unnest(['stars', 'forks', 'watchers', 'open_issues_and_pull_requests']) as metric,
        unnest([
            arg_max(stars, day), arg_max(forks, day), arg_max(watchers, day), arg_max(open_issues_and_pull_requests, day)
        ]) as value,
        0 as pending,
        'final' as state,
        null as kind
    from v_stars
    where
        repository_id in (select repository_id from largest)
        and day between $first_day and $last_day
    group by repository_id, full_name, period
),

totals as (
    select
        null as repository_id,
        'total' as full_name,
        period,
        unnest([
            {
                'metric': 'views', 'value': sum(views)::bigint, 'pending': sum(pending_views)::bigint, 'state': case
                    when bool_and(views_state in ('final', 'partial')) then any_value(views_state)
                    when bool_or(views_state = 'gap') then 'gap'
                    else 'pending'
                end, 'kind': if($grain <> 'day' and bool_or(views_kind = 'import'), 'import', null)
            },
            {
                'metric': 'clones', 'value': sum(clones)::bigint, 'pending': sum(pending_clones)::bigint, 'state': case
                    when bool_and(clones_state in ('final', 'partial')) then any_value(clones_state)
                    when bool_or(clones_state = 'gap') then 'gap'
                    else 'pending'
                end, 'kind': if($grain <> 'day' and bool_or(clones_kind = 'import'), 'import', null)
            }
        ], recursive := true)
    from chosen
    group by period
)

select
    rows.repository_id,
    rows.full_name,
    rows.period,
    rows.metric,
    rows.value,
    rows.state,
    rows.kind,
    rows.pending,
    coalesce(any_value(largest.left_out) over (), 0) as left_out
from (
    from totals
    union all
    from traffic
    union all
    from counters
    where value is not null
) as rows
left join largest using (repository_id)
order by rows.repository_id is not null, lower(rows.full_name), rows.repository_id, rows.metric, rows.period;
