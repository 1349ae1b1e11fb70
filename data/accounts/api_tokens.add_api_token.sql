-- Adds a token of programs. Grain: a token. Target: api_token (control).
insert into api_token (token_id, user_id, name, secret_hash, tenant_id, repository_id, target, made_at, expires_at)
values ($token_id, $user_id, $name, $hash, $tenant_id, $repository_id, $target, $now, $expires_at);
