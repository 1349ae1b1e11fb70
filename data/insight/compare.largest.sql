-- The selected repositories with the most views of the days asked for, the largest first, as many as are wanted.
-- Grain: a repository. Source: shown_repository, daily_traffic.
with counted as (
    select
        repository_id,
        sum(views) as views
    from daily_traffic
    where
        repository_id in (select repository_id from shown_repository)
        and day between $first_day and $last_day
    group by repository_id
)

select shown_repository.repository_id
from shown_repository
left join counted using (repository_id)
order by counted.views desc nulls last, shown_repository.name_rank
limit $most;
