-- Whose session this is, and when it was begun and used; how long that is good for is not asked here. Times are UTC.
-- Grain: a session. Source: sign_in_session (control).
select
    user_id,
    started_at,
    last_seen_at
from sign_in_session
where session_hash = $hash;
