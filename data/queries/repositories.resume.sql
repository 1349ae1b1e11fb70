-- Follows a known repository again under its present name. Grain: a repository. Target: repository.
update repository
set
    state_since = case when state = 'active' then state_since else $now end,
    state = 'active',
    state_reason = null,
    full_name = $full_name,
    owner = $owner,
    name = $name
where repository_id = $repository_id;
