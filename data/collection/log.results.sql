-- What came of each question of a run about the visible repositories, newest first. Times are UTC.
-- Grain: a run, repository and endpoint. Source: collection_result. A filter that is null narrows nothing.
select
    result.run_id,
    tenant.name as tenant,
    repository.full_name,
    result.endpoint,
    result.finished_at,
    result.outcome,
    result.status,
    result.message,
    result.rows_changed,
    result.elapsed_ms
from collection_result as result
inner join repository using (repository_id)
inner join tenant using (tenant_id)
where
    result.repository_id in (select unnest($visible))
    and ($run_id is null or result.run_id = $run_id)
    and ($repository_id is null or result.repository_id = $repository_id)
    and (
        not $failed_only
        or result.outcome not in (select unnest($harmless))
        or contains(result.message, $row_refused)
    )
order by result.finished_at desc, result.run_id desc, repository.full_name asc, result.endpoint asc
limit $most;
