-- Which of $repository_ids are there, and none of them where there is no run $run_id. Grain: a repository.
-- Source: repository, collection_run.
select repository_id
from repository
where
    list_contains($repository_ids, repository_id)
    and exists (select 1 from collection_run where run_id = $run_id);
