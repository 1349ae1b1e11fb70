-- Adds a rule of signing on. Grain: a rule. Target: sign_on_rule (control). Times are UTC.
insert into sign_on_rule (
    rule_id, kind, issuer, value, claim, subdomains, lets_in, role, tenant_id, repository_id, made_by, made_at
) values (
    $rule_id, $kind, $issuer, $value, $claim, $subdomains, $lets_in, $role, $tenant_id, $repository_id, $by, $now
);
