-- Adds a grant unless the user has it already. Grain: a grant of a user. Target: account_grant (control). Times are UTC.
insert into account_grant (user_id, role, tenant_id, repository_id, granted_by, granted_at)
select
    $user_id::integer as user_id,
    $role as role,
    $tenant_id::integer as tenant_id,
    $repository_id::integer as repository_id,
    $by as granted_by,
    $now::timestamp as granted_at
where not exists (
    from account_grant as present
    where
        present.user_id = $user_id::integer
        and present.role = $role
        and present.tenant_id is not distinct from $tenant_id::integer
        and present.repository_id is not distinct from $repository_id::integer
);
