-- Adds a user. Grain: an account. Target: account (control). Times are UTC.
insert into account (
    user_id, username, display_name, email, password_hash, active, added_at, password_changed_at
) values (
    $user_id, $username, $display_name, $email, $password_hash, true, $now, $now
);
