-- Gives a grant unless the user has it already; one that a group had given stays from now on, when it is given by hand.
-- Grain: a grant of a user. Target: account_grant (control). Times are UTC.
merge into account_grant
using (
    select
        $user_id::integer as user_id,
        $role as role,
        $tenant_id::integer as tenant_id,
        $repository_id::integer as repository_id,
        $by as granted_by,
        $now::timestamp as granted_at,
        $mapped_by::text as mapped_by
) as given
    on
        account_grant.user_id = given.user_id
        and account_grant.role = given.role
        and account_grant.tenant_id is not distinct from given.tenant_id
        and account_grant.repository_id is not distinct from given.repository_id
when matched and account_grant.mapped_by is not null and given.mapped_by is null
    then update set granted_by = given.granted_by, granted_at = given.granted_at, mapped_by = null
when not matched
    then insert (user_id, role, tenant_id, repository_id, granted_by, granted_at, mapped_by)
    values (
        given.user_id,
        given.role,
        given.tenant_id,
        given.repository_id,
        given.granted_by,
        given.granted_at,
        given.mapped_by
    );
