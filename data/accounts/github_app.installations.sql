-- The installations of the App, with how many repositories GitHub has listed of each. Grain: an installation.
-- Source: github_app_installation, github_app_repository (control).
select
    installation_id,
    account,
    tenant_id,
    state,
    selection,
    tracking_rule,
    (
        select count(*)
        from github_app_repository as listed
        where listed.installation_id = installation.installation_id
    ) as repositories
from github_app_installation as installation
order by lower(account), installation_id;
