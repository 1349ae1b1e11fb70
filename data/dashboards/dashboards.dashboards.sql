-- The saved dashboards of a user, and those shared in tenants that the user sees as a whole; or the one of an id among
-- them. By name. Grain: a dashboard. Source: saved_dashboard, account (control). Times are UTC.
select
    saved_dashboard.dashboard_id,
    saved_dashboard.user_id,
    account.display_name,
    saved_dashboard.tenant_id,
    saved_dashboard.name,
    saved_dashboard.specification,
    saved_dashboard.saved_at
from saved_dashboard
inner join account using (user_id)
where
    (
        (saved_dashboard.tenant_id is null and saved_dashboard.user_id = $user_id)
        or saved_dashboard.tenant_id in (select unnest($tenant_ids))
    )
    and ($dashboard_id is null or saved_dashboard.dashboard_id = $dashboard_id)
order by lower(saved_dashboard.name), saved_dashboard.dashboard_id;
