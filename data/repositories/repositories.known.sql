-- The repositories that a tenant tracks or has tracked, by GitHub's id; what was imported without one, by its name.
-- Grain: a repository. Source: repository. The lists are as long as each other.
with reported as (
    select
        unnest($github_ids::bigint[]) as github_id,
        unnest($full_names::text[]) as full_name
)

select
    reported.github_id,
    coalesce(
        max(repository.repository_id) filter (where repository.github_id is not null), max(repository.repository_id)
    ) as repository_id
from repository
inner join reported
    on
        repository.github_id = reported.github_id
        or (repository.github_id is null and lower(repository.full_name) = lower(reported.full_name))
where repository.tenant_id = $tenant_id
group by reported.github_id;
