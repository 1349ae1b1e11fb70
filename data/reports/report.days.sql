-- How many of the tracked repositories have each day of a period pending or as a gap, views or clones; days that nobody has asked
-- for yet among them. waits: those whose pending day the next collection may bring.
-- Grain: a day that is not final everywhere. Days are UTC. Source: v_daily, repository, tenant, v_today (variable today).
with visible as materialized (
    select unnest($visible::integer[]) as repository_id
),

tracked as (
    select
        repository.repository_id,
        repository.state = 'active' as is_collected,
        repository.added_at::date as added_on
    from repository
    inner join tenant using (tenant_id)
    where
        repository.repository_id in (select repository_id from visible)
        and tenant.active
        and repository.state not in ('paused', 'removed')
),

states as (
    select
        tracked.repository_id,
        tracked.is_collected,
        wanted.day,
        coalesce(daily.views_state, case when wanted.day < v_today.shown_from then 'gap' else 'pending' end) as views_state,
        coalesce(daily.clones_state, case when wanted.day < v_today.shown_from then 'gap' else 'pending' end) as clones_state
    from tracked
    cross join (select unnest(generate_series($first_day::date, $last_day::date, interval 1 day))::date as day) as wanted
    cross join v_today
    left join (
        select
            repository_id,
            day,
            views_state,
            clones_state
        from v_daily
        where repository_id in (select repository_id from visible) and day between $first_day and $last_day
    ) as daily
        on tracked.repository_id = daily.repository_id and wanted.day = daily.day
    where daily.day is not null or wanted.day >= tracked.added_on
)

select
    day,
    count_if(views_state = 'pending' or clones_state = 'pending') as pending,
    count_if(views_state = 'gap' or clones_state = 'gap') as gaps,
    count_if((views_state = 'pending' or clones_state = 'pending') and is_collected) as waits
from states
where views_state <> 'final' or clones_state <> 'final'
group by day
order by day;
