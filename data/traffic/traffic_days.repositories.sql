-- The repositories that a question is about, each with what its days can be told from: the day it was added, the day of
-- the newest good answer about its views or clones (numbered from 1 January 1970 on, UTC; -1: there is none), its place by
-- name.
-- Grain: a visible repository whose name contains the search, by id. Source: repository, endpoint_state.
with answers as (
    select
        repository_id,
        max(last_good_at)::date as day
    from endpoint_state
    where
        repository_id in (select unnest($visible::integer[]))
        and endpoint in ('views', 'clones')
    group by repository_id
)

select
    repository.repository_id,
    repository.full_name,
    row_number() over (order by lower(repository.full_name), repository.repository_id) as name_rank,
    epoch_ms(repository.added_at) // 86400000 as added_on,
    coalesce(answers.day - date '1970-01-01', -1) as answered_on
from repository
left join answers using (repository_id)
where
    repository.repository_id in (select unnest($visible::integer[]))
    and contains(lower(repository.full_name), lower($search))
order by repository.repository_id;
