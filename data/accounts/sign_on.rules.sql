-- The rules of signing on, domains first. Grain: a rule. Source: sign_on_rule (control).
select
    kind,
    issuer,
    value,
    role,
    tenant_id,
    repository_id,
    claim,
    subdomains,
    lets_in,
    rule_id,
    made_by
from sign_on_rule
order by kind, value, rule_id;
