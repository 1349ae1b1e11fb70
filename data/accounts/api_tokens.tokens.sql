-- The tokens of programs, with when they were made, expire and were used last (UTC). Grain: a token. Source: api_token
-- (control).
select
    secret_hash,
    token_id,
    user_id,
    name,
    tenant_id,
    repository_id,
    target,
    made_at,
    expires_at,
    last_used_at
from api_token;
