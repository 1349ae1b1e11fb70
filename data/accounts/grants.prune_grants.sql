-- Deletes the grants for what is neither in $tenants nor in $repositories, the ids that there are.
-- Grain: a grant. Target: account_grant (control).
delete from account_grant
where
    tenant_id not in (select unnest($tenants::integer[]))
    or repository_id not in (select unnest($repositories::integer[]));
