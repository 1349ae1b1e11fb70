-- What must stay on the server: encrypted tokens and the audit log. The file is readable by its owner only.
-- Times are UTC without a zone.

create table identity_counter (
    table_name text not null,
    last_id integer not null
);

create table tenant_token (
    token_id integer not null,
    tenant_id integer not null,
    sealed blob not null,
    last_four text not null,
    kind text not null,
    login text,
    owner_id bigint,
    scopes text,
    expires_at timestamp,
    state text not null check (state in ('valid', 'invalid', 'replaced')),
    state_reason text,
    added_at timestamp not null,
    checked_at timestamp not null
);

create table audit_log (
    happened_at timestamp not null,
    actor text not null,
    act text not null,
    subject text not null,
    detail text
);
