-- The repositories of a share link that its tenant has, unless it is not active. Grain: a repository.
-- Source: repository, tenant.
select repository.repository_id
from repository
inner join tenant using (tenant_id)
where
    tenant.active
    and repository.tenant_id = $tenant_id
    and repository.repository_id in (select unnest($repository_ids::integer[]));
