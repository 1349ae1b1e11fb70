-- The visible repositories that an export asks for, in the order of its rows. Grain: a repository. Source: repository.
-- A filter that is null narrows nothing.
select repository_id
from repository
where
    repository_id in (select unnest($visible))
    and ($tenant_ids is null or list_contains($tenant_ids, tenant_id))
    and ($repository_ids is null or list_contains($repository_ids, repository_id))
order by repository_id;
