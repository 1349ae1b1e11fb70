-- Daily traffic by day, week or month, each whole, or over all days (by none: of final days only), together or by
-- repository. Uniques added up are visitor-days. Days are UTC, unknown is null. A period is final where every day of
-- every repository is, a gap where one has a gap. Grain: a name and period. Source: shown_day, panel_repository.
create or replace temp table panel_group as
with days as (
    select
        repository_id,
        day,
        case $by
            when 'day' then day
            when 'week' then date_trunc('week', day)::date
            when 'month' then date_trunc('month', day)::date
            else $first_day::date
        end as period,
        case $measure
            when 'views' then views
            when 'visitors' then view_uniques
            when 'clones' then clones
            when 'cloners' then clone_uniques
        end as counted,
        if($measure in ('views', 'visitors'), views_state, clones_state) as state
    from shown_day(
        case $by
            when 'week' then date_trunc('week', $first_day::date)::date
            when 'month' then date_trunc('month', $first_day::date)::date
            else $first_day::date
        end,
        case $by
            when 'week' then date_trunc('week', $last_day::date)::date + 6
            when 'month' then last_day($last_day::date)
            else $last_day::date
        end
    )
),

lengths as (
    select
        period,
        case $by
            when 'day' then 1
            when 'week' then 7
            when 'month' then extract('day' from last_day(period))
        end as days
    from (select distinct period from days)
),

of_repositories as (
    select
        days.repository_id,
        days.period,
        sum(days.counted) filter (where $by <> 'none' or days.state = 'final')::bigint as value,
        case
            when $by = 'none' then if(bool_or(days.state = 'gap'), 'gap', 'final')
            when count(*) filter (where days.state = 'final') = lengths.days then 'final'
            when
                bool_or(days.state = 'gap') or min(days.day) > days.period
                or (
                    max(days.day) < days.period + lengths.days::integer - 1
                    and max(days.day) < (select today from v_today) - 14
                )
                then 'gap'
            else 'pending'
        end as state
    from days
    inner join lengths using (period)
    group by days.repository_id, days.period, lengths.days
)

select
    if($split = 'repository', panel_repository.name, null) as name,
    if($by = 'none', null, of_repositories.period) as period,
    sum(of_repositories.value)::bigint as value,
    case
        when bool_and(of_repositories.state = 'final') then 'final'
        when bool_or(of_repositories.state = 'gap') then 'gap'
        else 'pending'
    end as state
from of_repositories
inner join panel_repository using (repository_id)
group by all;
