-- Deletes the sessions that are too old or were idle too long. Grain: a session. Target: sign_in_session (control).
delete from sign_in_session
where started_at <= $started_after or last_seen_at <= $seen_after;
