-- A user's grants. Grain: a grant. Source: account_grant (control). Times are UTC.
select
    role,
    tenant_id,
    repository_id,
    granted_by,
    granted_at
from account_grant
where user_id = $user_id
order by role, tenant_id, repository_id;
