-- Who signs in, with what rights: accounts, grants, sessions, invitations. Of every secret only its SHA-256 is kept,
-- of every password its bcrypt hash. Times are UTC without a zone.

create table account (
    user_id integer not null,
    username text not null,
    display_name text not null,
    email text,
    password_hash text,
    active boolean not null,
    added_at timestamp not null,
    password_changed_at timestamp
);

create table account_identity (
    user_id integer not null,
    issuer text not null,
    subject text not null,
    linked_at timestamp not null
);

create table account_grant (
    user_id integer not null,
    role text not null check (role in ('admin', 'maintainer', 'tenant', 'tenant_viewer', 'repository_viewer')),
    tenant_id integer,
    repository_id integer,
    granted_by text not null,
    granted_at timestamp not null
);

create table setup_code (
    code_hash text not null,
    made_at timestamp not null
);

create table sign_in_ticket (
    ticket_hash text not null,
    user_id integer not null,
    made_at timestamp not null
);

create table sign_in_session (
    session_id integer not null,
    session_hash text not null,
    user_id integer not null,
    started_at timestamp not null,
    last_seen_at timestamp not null,
    address text not null,
    browser text not null
);

create table sign_in_attempt (
    user_key text not null,
    address text not null,
    attempted_at timestamp not null
);

create table invitation (
    invitation_id integer not null,
    secret_hash text not null,
    purpose text not null check (purpose in ('account', 'password')),
    user_id integer,
    email text,
    made_by text not null,
    made_at timestamp not null,
    expires_at timestamp not null
);

create table invitation_grant (
    invitation_id integer not null,
    role text not null check (role in ('admin', 'maintainer', 'tenant', 'tenant_viewer', 'repository_viewer')),
    tenant_id integer,
    repository_id integer
);

alter table audit_log add column tenant_id integer;
