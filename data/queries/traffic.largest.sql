-- The repositories with the most views of the days asked for, the largest first, and how many others have such days.
-- Grain: a repository. Source: shown_repository, daily_traffic.
with counted as (
    select
        repository_id,
        sum(views) as views,
        sum(clones) as clones
    from daily_traffic
    where
        repository_id in (select repository_id from shown_repository)
        and day between $first_day and $last_day
    group by repository_id
)

select
    shown_repository.repository_id,
    count(*) over () - $most as left_out
from shown_repository
left join counted using (repository_id)
where shown_repository.known_from <= $last_day and shown_repository.known_until >= $first_day
order by counted.views desc nulls last, counted.clones desc nulls last, shown_repository.name_rank
limit $most;
