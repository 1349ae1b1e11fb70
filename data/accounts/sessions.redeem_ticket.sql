-- Starts a session. Grain: a session. Target: sign_in_session (control). Times are UTC.
insert into sign_in_session (session_id, session_hash, user_id, started_at, last_seen_at, address, browser)
values ($session_id, $hash, $user_id, $now, $now, $address, $browser);
