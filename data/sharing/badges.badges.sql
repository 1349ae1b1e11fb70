-- The badges. Times are UTC. Grain: a badge. Source: badge (control).
select
    badge_id,
    public_id,
    tenant_id,
    measure,
    period,
    label,
    repository_id,
    group_id,
    colour,
    style,
    made_by,
    made_at
from badge;
