-- Each attempt to send a report or an alert: when, what, by which kind of channel, and what came of it. No address, and of what
-- users keep for themselves no name. Times are UTC without a zone.
create table delivery_attempt (
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
    outcome text not null check (outcome in ('sent', 'again', 'failed', 'skipped')),
    status integer,
    reason text,
    elapsed_ms integer not null
);
