-- Adds a repository that a tenant follows. Grain: a repository of a tenant. Target: repository. Times are UTC.
insert into repository (
    repository_id, tenant_id, github_id, owner, name, full_name, state, state_reason, state_since, added_at,
    visibility, archived, fork
) values (
    $repository_id, $tenant_id, $github_id, $owner, $name, $full_name, 'active', null, $now, $now,
    $visibility, $archived, $fork
);
