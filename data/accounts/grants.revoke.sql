-- Takes one grant from a user. Grain: a grant of a user. Target: account_grant (control).
delete from account_grant
where
    user_id = $user_id
    and role = $role
    and tenant_id is not distinct from $tenant_id::integer
    and repository_id is not distinct from $repository_id::integer;
