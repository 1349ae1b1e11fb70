-- The repositories that a tenant tracks or has tracked, by GitHub's id. Grain: a repository. Source: repository.
select
    github_id,
    repository_id
from repository
where
    tenant_id = $tenant_id
    and list_contains($github_ids, github_id);
