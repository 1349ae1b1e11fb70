-- What programs ask with: tokens of users, and links that answer one address only (their target). Of every secret only its
-- SHA-256 is kept. Times are UTC without a zone.
create table api_token (
    token_id integer not null,
    user_id integer not null,
    name text not null,
    secret_hash text not null,
    tenant_id integer,
    repository_id integer,
    target text,
    made_at timestamp not null,
    expires_at timestamp not null,
    last_used_at timestamp
);
