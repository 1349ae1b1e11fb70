-- The attempts on a user, and those from an address, between two moments (UTC), the newest first.
-- Grain: an attempt. Source: sign_in_attempt (control).
select
    user_key = $user_key as is_of_user,
    address = $address as is_of_address,
    attempted_at
from sign_in_attempt
where
    (user_key = $user_key or address = $address)
    and attempted_at between $since and $until
order by attempted_at desc;
