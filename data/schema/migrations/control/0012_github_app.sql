-- The GitHub App of this server, with its private keys (encrypted, two while one is exchanged), its installations, and
-- which repositories GitHub has listed of each. Times are UTC without a zone.
create table github_app (
    app_id bigint not null,
    slug text not null,
    name text not null,
    html_url text not null,
    added_at timestamp not null
);

create table github_app_key (
    key_id integer not null,
    encrypted blob not null,
    fingerprint text not null,
    added_at timestamp not null
);

create table github_app_installation (
    installation_id bigint not null,
    account text not null,
    tenant_id integer,
    state text not null check (state in ('granted', 'not_granted', 'suspended', 'removed')),
    selection text not null check (selection in ('all', 'selected')),
    tracking_rule text
);

create table github_app_repository (
    installation_id bigint not null,
    github_id bigint not null
);
