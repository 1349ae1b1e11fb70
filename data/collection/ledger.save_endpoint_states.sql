-- Keeps when each endpoint of a repository was last tried and last answered well, and the validator of that answer.
-- Grain in: incoming_result (run_id, repository_id, endpoint, finished_at, outcome, is_good,
-- status, message, elapsed_ms, etag, etag_token_id); changed_rows (repository_id, endpoint, rows_changed) of the same commit.
-- An ETag is stored in the same commit as the answer that it stands for.
merge into endpoint_state as stored
using (
    select *
    from incoming_result
    where outcome <> 'skipped'
    qualify row_number() over (partition by repository_id, endpoint order by finished_at desc) = 1
) as fresh
on stored.repository_id = fresh.repository_id and stored.endpoint = fresh.endpoint
when matched and fresh.finished_at > stored.last_tried_at then update set
    last_tried_at = fresh.finished_at,
    last_good_at = case when fresh.is_good then fresh.finished_at else stored.last_good_at end,
    last_outcome = fresh.outcome,
    etag = case when fresh.outcome = 'ok' then fresh.etag else stored.etag end,
    etag_token_id = case when fresh.outcome = 'ok' then fresh.etag_token_id else stored.etag_token_id end
when not matched then insert (
    repository_id, endpoint, last_tried_at, last_good_at, last_outcome, etag, etag_token_id
) values (
    fresh.repository_id, fresh.endpoint, fresh.finished_at,
    case when fresh.is_good then fresh.finished_at end, fresh.outcome, fresh.etag, fresh.etag_token_id
);

insert into collection_result
select
    fresh.run_id,
    fresh.repository_id,
    fresh.endpoint,
    fresh.finished_at,
    fresh.outcome,
    fresh.status,
    fresh.message,
    coalesce(changed.rows_changed, 0),
    fresh.elapsed_ms
from incoming_result as fresh
left join (
    select
        repository_id,
        endpoint,
        sum(rows_changed) as rows_changed
    from changed_rows
    group by repository_id, endpoint
) as changed using (repository_id, endpoint);
