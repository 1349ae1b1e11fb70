-- Share links: a dashboard for whoever has the link, frozen to some repositories. Of the link's secret only its SHA-256 is
-- kept, of a password its bcrypt hash. repository_ids are a JSON list. Times are UTC without a zone.
create table share (
    share_id integer not null,
    secret_hash text not null,
    name text not null,
    tenant_id integer not null,
    specification text not null,
    repository_ids text not null,
    password_hash text,
    embeddable boolean not null,
    user_id integer not null,
    made_at timestamp not null,
    expires_at timestamp,
    openings integer not null,
    last_opened_at timestamp
);
