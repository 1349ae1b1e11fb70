-- A user's living sessions, the newest first. Grain: a session. Source: sign_in_session (control). Times are UTC.
select
    started_at,
    last_seen_at,
    address,
    browser,
    session_hash = $current as is_current
from sign_in_session
where
    user_id = $user_id
    and started_at > $started_after
    and last_seen_at > $seen_after
order by session_id desc;
