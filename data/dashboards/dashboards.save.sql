-- Changes a dashboard's name, specification and tenant. Grain: a dashboard. Target: saved_dashboard (control).
update saved_dashboard
set
    name = $name,
    specification = $specification,
    tenant_id = $tenant_id,
    saved_at = $now
where dashboard_id = $dashboard_id;
