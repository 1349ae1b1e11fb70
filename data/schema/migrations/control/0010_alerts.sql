-- What alerts have told: an episode is told once, and its end where it has one. A message keeps what was told at a moment, until
-- each channel has had it. Times are UTC without a zone, days are UTC dates.

create table alert_episode (
    subscription_id integer not null,
    episode text not null,
    name text not null,
    repository_id integer,
    first_day date,
    last_day date,
    opened_at timestamp not null,
    resolved_at timestamp
);

create table alert_message (
    subscription_id integer not null,
    occasion text not null,
    made_at timestamp not null,
    events text not null
);
