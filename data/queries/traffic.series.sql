-- The periods of each repository set down, one value a row; unknown is null.
-- Grain: a repository, metric and period. Source: shown_period.
select
    periods.repository_id,
    shown_repository.full_name,
    periods.period,
    metrics.metric,
    case metrics.metric
        when 'views' then periods.views
        when 'view_uniques' then periods.view_uniques
        when 'clones' then periods.clones
        when 'clone_uniques' then periods.clone_uniques
    end as value,
    if(metrics.counts = 'views', periods.views_state, periods.clones_state) as state,
    case metrics.metric
        when 'view_uniques' then periods.view_uniques_kind
        when 'clone_uniques' then periods.clone_uniques_kind
    end as kind
from shown_period($first_day, $last_day) as periods
inner join shown_repository using (repository_id)
cross join (
    values (1, 'views', 'views'), (2, 'views', 'view_uniques'), (3, 'clones', 'clones'), (4, 'clones', 'clone_uniques')
) as metrics (place, counts, metric)
order by shown_repository.name_rank, metrics.place, periods.period;
