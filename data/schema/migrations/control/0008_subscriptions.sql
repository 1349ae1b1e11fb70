-- Reports and alerts that go out by themselves: who gets them (a user their own, or a tenant's people), by which channels, and
-- what became of each. An address of a channel is encrypted like a token; of the secret that ends it only the SHA-256 is
-- kept beside it. An attempt waits in delivery_outbox until it has been moved to `traffic`. Times are UTC without a zone.

create table subscription (
    subscription_id integer not null,
    kind text not null check (kind in ('report', 'alert')),
    user_id integer,
    tenant_id integer,
    name text not null,
    settings text not null,
    active boolean not null,
    added_by text not null,
    added_at timestamp not null
);

create table subscription_channel (
    channel_id integer not null,
    subscription_id integer not null,
    kind text not null,
    encrypted blob not null,
    hint text not null,
    stop_hash text not null,
    ended_because text
);

create table delivery (
    subscription_id integer not null,
    channel_id integer not null,
    occasion text not null,
    state text not null check (state in ('sending', 'waiting', 'sent', 'failed')),
    is_late boolean not null,
    attempts integer not null,
    due_at timestamp not null,
    tried_at timestamp not null,
    next_try_at timestamp,
    reason text
);

create table delivery_outbox (
    attempt_id text not null,
    happened_at timestamp not null,
    kind text not null,
    subscription_id integer not null,
    subscription text,
    user_id integer,
    tenant_id integer,
    channel_id integer not null,
    channel text not null,
    occasion text not null,
    outcome text not null,
    status integer,
    reason text,
    elapsed_ms integer not null
);
