-- The visible repositories with the most views of the days asked for, the largest first, as many as are wanted, of those
-- whose name contains the search. Days are UTC. Grain: a repository. Source: repository, v_daily.
select repository.repository_id
from repository
left join v_daily
    on
        repository.repository_id = v_daily.repository_id
        and v_daily.day between $first_day and $last_day
where
    repository.repository_id in (select unnest($visible::integer[]))
    and contains(lower(repository.full_name), lower($search))
group by repository.repository_id, repository.full_name
order by sum(v_daily.views) desc nulls last, lower(repository.full_name), repository.repository_id
limit $most;
