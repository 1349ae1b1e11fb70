-- Adds an act to the audit log. Grain: an act. Target: audit_log (control). Times are UTC.
insert into audit_log (happened_at, actor, act, subject, detail, tenant_id)
values ($at, $actor, $act, $subject, $detail, $tenant_id);
