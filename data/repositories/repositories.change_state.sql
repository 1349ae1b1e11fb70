-- Changes whether repositories are collected, at a person's wish. Grain: a repository. Target: repository.
update repository
set
    state = $state,
    state_reason = null,
    state_since = $now
where
    list_contains($repository_ids, repository_id)
    and state <> $state;
