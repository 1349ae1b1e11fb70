-- Notes of which final days the stretches were worked out, and when (UTC). Grain: a repository. Target: spike_progress.
insert into spike_progress (repository_id, computed_on, digest)
with judged as (
    select
        unnest($ids::integer[]) as repository_id,
        unnest($digests::ubigint[]) as digest
)

select
    repository_id,
    $today as computed_on,
    digest
from judged
semi join repository using (repository_id);
