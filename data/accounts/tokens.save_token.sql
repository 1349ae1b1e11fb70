-- Adds a checked token. Grain: a token. Target: tenant_token (control). Times are UTC.
insert into tenant_token (
    token_id, tenant_id, encrypted, last_four, kind, login, owner_id, scopes, expires_at,
    state, state_reason, added_at, checked_at
) values (
    $token_id, $tenant_id, $encrypted, $last_four, $kind, $login, $owner_id, $scopes, $expires_at,
    'valid', null, $now, $now
);
