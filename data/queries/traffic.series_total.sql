-- The periods of all repositories set down together: final where each is; gap where one has a gap. Uniques are of
-- one repository each and have no total. Grain: a metric and period. Source: shown_period.
with summed as (
    select
        period,
        sum(views)::bigint as views,
        bool_and(views_state = 'final') as views_are_final,
        bool_or(views_state = 'gap') as views_have_gap,
        sum(clones)::bigint as clones,
        bool_and(clones_state = 'final') as clones_are_final,
        bool_or(clones_state = 'gap') as clones_have_gap
    from shown_period($first_day, $last_day)
    group by period
)

select
    null::integer as repository_id,
    'total' as full_name,
    summed.period,
    metrics.metric,
    if(metrics.metric = 'views', summed.views, summed.clones) as value,
    case
        when if(metrics.metric = 'views', summed.views_are_final, summed.clones_are_final) then 'final'
        when if(metrics.metric = 'views', summed.views_have_gap, summed.clones_have_gap) then 'gap'
        else 'pending'
    end as state,
    null::text as kind
from summed
cross join (values (1, 'views'), (2, 'clones')) as metrics (place, metric)
order by metrics.place, summed.period;
