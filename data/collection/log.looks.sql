-- When each visible repository's views were last asked for (UTC), and the views of 14 days in the newest good answer.
-- Grain: a repository. Source: endpoint_state, traffic_window, repository.
with windows as (
    select
        repository_id,
        arg_max(total, observed_at) as views
    from traffic_window
    where metric = 'views' and batch_id is null and repository_id in (select unnest($visible))
    group by repository_id
)

select
    state.repository_id,
    repository.full_name,
    state.last_tried_at,
    windows.views
from endpoint_state as state
inner join repository using (repository_id)
left join windows using (repository_id)
where state.endpoint = 'views' and state.repository_id in (select unnest($visible));
