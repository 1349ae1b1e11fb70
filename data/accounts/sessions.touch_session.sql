-- Notes that a living session is in use, unless that was noted after $noted_before (UTC).
-- Grain: a session. Target: sign_in_session (control).
update sign_in_session
set last_seen_at = $now
where
    session_hash = $hash
    and started_at > $started_after
    and last_seen_at > $seen_after
    and last_seen_at <= $noted_before;
