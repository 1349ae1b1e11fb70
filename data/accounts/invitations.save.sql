-- Adds a one-time link. Grain: a link. Target: invitation (control). Times are UTC.
insert into invitation (invitation_id, secret_hash, purpose, user_id, email, made_by, made_at, expires_at)
values ($invitation_id, $hash, $purpose, $user_id, $email, $by, $now, $expires_at);
