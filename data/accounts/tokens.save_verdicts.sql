-- Notes what a run has learned of a token that is still in use. Grain: a token. Target: tenant_token (control).
update tenant_token
set
    state = $state,
    state_reason = $reason,
    expires_at = coalesce($expires_at, expires_at),
    checked_at = $now
where token_id = $token_id and state <> 'replaced';
