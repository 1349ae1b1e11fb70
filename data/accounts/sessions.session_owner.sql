-- Whose session this is, unless it is too old or was idle too long. Grain: a session. Source: sign_in_session (control).
select user_id
from sign_in_session
where
    session_hash = $hash
    and started_at > $started_after
    and last_seen_at > $seen_after;
