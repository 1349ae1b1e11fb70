-- Keeps a dashboard for its user alone. Grain: a dashboard. Target: saved_dashboard (control). Times are UTC.
insert into saved_dashboard (dashboard_id, user_id, tenant_id, name, specification, saved_at)
values ($dashboard_id, $user_id, null, $name, $specification, $now);
