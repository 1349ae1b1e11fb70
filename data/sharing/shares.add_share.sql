-- Adds a share link that nobody has opened yet. Grain: a link. Target: share (control). Times are UTC.
insert into share (
    share_id, secret_hash, name, tenant_id, specification, repository_ids, password_hash, embeddable, downloads, user_id,
    made_at, expires_at, openings
) values (
    $share_id, $hash, $name, $tenant_id, $specification, $repository_ids, $password_hash, $embeddable, $downloads, $user_id,
    $now, $expires_at, 0
);
