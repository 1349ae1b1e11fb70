-- The repositories that a badge is of: its own, or the members of its group; none of a tenant that is not active.
-- Grain: a repository. Source: repository, tenant, repository_group_member.
select repository.repository_id
from repository
inner join tenant using (tenant_id)
where
    tenant.active
    and repository.tenant_id = $tenant_id
    and (
        repository.repository_id = $repository_id
        or repository.repository_id in (select repository_id from repository_group_member where group_id = $group_id)
    );
