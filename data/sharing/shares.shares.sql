-- The share links. Times are UTC. Grain: a link. Source: share (control).
select
    secret_hash,
    share_id,
    name,
    tenant_id,
    specification,
    repository_ids,
    password_hash,
    embeddable,
    downloads,
    user_id,
    made_at,
    expires_at,
    openings,
    last_opened_at
from share;
