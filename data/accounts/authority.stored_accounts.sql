-- Accounts with their grants, by username. Grain: a grant, or an account that has none. Source: account (control).
-- With $user_id that account only.
select
    account.user_id,
    account.username,
    account.display_name,
    account.email,
    account.active,
    account_grant.role,
    account_grant.tenant_id,
    account_grant.repository_id
from account
left join account_grant on account_grant.user_id = account.user_id
where $user_id::integer is null or account.user_id = $user_id::integer
order by account.username, account_grant.role, account_grant.tenant_id, account_grant.repository_id;
