-- Changes whether a repository is collected, at a person's wish. Grain: a repository. Target: repository.
update repository
set
    state = $state,
    state_reason = null,
    state_since = $now
where repository_id = $repository_id and state <> $state;
