-- The grants, invitations' included, for what is neither in $tenants nor in $repositories, the ids that there are.
-- Grain: a grant. Source: account_grant, invitation_grant (control).
with every_grant as (
    select tenant_id, repository_id from account_grant
    union all
    select tenant_id, repository_id from invitation_grant
)

select
    tenant_id,
    repository_id
from every_grant
where
    tenant_id not in (select unnest($tenants::integer[]))
    or repository_id not in (select unnest($repositories::integer[]));
