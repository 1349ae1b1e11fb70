-- GitHub's own weeks, each whole, together or by repository; people are those that GitHub counted for the week, and
-- unknown where it did not. Weeks are Mondays, UTC. Grain: a name and week. Source: shown_week, panel_repository.
create or replace temp table panel_group as
with weeks as (
    select
        panel_repository.name,
        shown.week as period,
        case $measure
            when 'views' then shown.views
            when 'clones' then shown.clones
            when 'visitors' then if(shown.view_uniques_kind = 'github', shown.view_uniques, null)
            when 'cloners' then if(shown.clone_uniques_kind = 'github', shown.clone_uniques, null)
        end as value,
        case
            when $measure = 'views' then shown.views_state
            when $measure = 'clones' then shown.clones_state
            when $measure = 'visitors' and shown.view_uniques_kind = 'github' then 'final'
            when $measure = 'cloners' and shown.clone_uniques_kind = 'github' then 'final'
            when shown.week + 6 >= (select today from v_today) - 13 then 'pending'
            else 'gap'
        end as state
    from shown_week($first_day::date, $last_day::date) as shown
    inner join panel_repository using (repository_id)
)

select
    if($split = 'repository', name, null) as name,
    period,
    sum(value)::bigint as value,
    case
        when bool_and(state = 'final') then 'final'
        when bool_or(state = 'gap') then 'gap'
        else 'pending'
    end as state
from weeks
group by all;
