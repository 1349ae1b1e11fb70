-- Adds repositories that a tenant tracks. Grain: a repository of a tenant. Target: repository. Times are UTC.
-- The lists are as long as each other: an entry of each for a repository.
insert into repository (
    repository_id, tenant_id, github_id, owner, name, full_name, state, state_reason, state_since, added_at,
    visibility, archived, fork
)
select
    unnest($repository_ids::integer[]) as repository_id,
    $tenant_id as tenant_id,
    unnest($github_ids::bigint[]) as github_id,
    unnest($owners::text[]) as owner,
    unnest($names::text[]) as name,
    unnest($full_names::text[]) as full_name,
    'active' as state,
    null as state_reason,
    $now as state_since,
    $now as added_at,
    unnest($visibilities::text[]) as visibility,
    unnest($archived::boolean[]) as archived,
    unnest($forks::boolean[]) as fork;
