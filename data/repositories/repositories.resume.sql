-- Tracks known repositories again under their present names. Grain: a repository. Target: repository.
-- The lists are as long as each other: an entry of each for a repository.
update repository
set
    state_since = case when repository.state = 'active' then repository.state_since else $now end,
    state = 'active',
    state_reason = null,
    github_id = coalesce(repository.github_id, reported.github_id),
    full_name = reported.full_name,
    owner = reported.owner,
    name = reported.name
from (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($github_ids::bigint[]) as github_id,
        unnest($full_names::text[]) as full_name,
        unnest($owners::text[]) as owner,
        unnest($names::text[]) as name
) as reported
where repository.repository_id = reported.repository_id;
