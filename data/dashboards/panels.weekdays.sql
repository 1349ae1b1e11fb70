-- What a weekday has on average, of final days only (of all repositories together where split is not repository: of
-- the days that are final for each). Days are UTC; the period names the weekday: the day of the week of Monday, 1
-- January 1900. Grain: a name and weekday. Source: shown_day, panel_repository.
create or replace temp table panel_group as
with counted as (
    select
        if($split = 'repository', panel_repository.name, null) as name,
        shown.day,
        case $measure
            when 'views' then shown.views
            when 'visitors' then shown.view_uniques
            when 'clones' then shown.clones
            when 'cloners' then shown.clone_uniques
        end as value,
        if($measure in ('views', 'visitors'), shown.views_state, shown.clones_state) as state
    from shown_day($first_day::date, $last_day::date) as shown
    inner join panel_repository using (repository_id)
),

days as (
    select
        name,
        day,
        sum(value) as value,
        bool_and(state = 'final') as is_final
    from counted
    group by name, day
)

select
    name,
    date '1900-01-01' + extract('isodow' from day)::integer - 1 as period,
    round(avg(value) filter (where is_final), 1) as value,
    if(count(value) filter (where is_final) > 0, 'final', 'gap') as state
from days
group by all;
