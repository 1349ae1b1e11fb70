-- What was imported from other tools: each reading with the import that brought it, so that an import can be undone, and
-- beside it what GitHub alone has reported for that day. Days are UTC dates, times are UTC without a zone.

create table import_batch (
    batch_id integer not null,
    tenant_id integer not null,
    imported_at timestamp not null,
    user_id integer not null,
    tool text not null,
    source text not null,
    digest text not null,
    repositories integer not null,
    first_day date,
    last_day date,
    readings_new bigint not null,
    readings_greater bigint not null,
    readings_equal bigint not null,
    readings_smaller bigint not null,
    days_won bigint not null,
    gaps_closed bigint not null,
    lists bigint not null,
    windows bigint not null,
    counters bigint not null,
    rows_refused bigint not null
);

create table imported_day (
    batch_id integer not null,
    repository_id integer not null,
    day date not null,
    views bigint,
    view_uniques bigint,
    clones bigint,
    clone_uniques bigint
);

-- The row of daily_traffic as it would be without any import, for each day that one has brought.
create table collected_day (
    repository_id integer not null,
    day date not null,
    views bigint,
    view_uniques bigint,
    views_source text,
    clones bigint,
    clone_uniques bigint,
    clones_source text
);

-- From when to when a repository with imports would have rows without them; null: it would have none.
create table collected_span (
    repository_id integer not null,
    first_day date,
    last_day date
);

create table imported_listing (
    batch_id integer not null,
    repository_id integer not null,
    listing text not null check (listing in ('referrers', 'paths')),
    observed_on date not null,
    name text not null,
    title text,
    views bigint not null,
    view_uniques bigint not null
);

create table imported_stats (
    batch_id integer not null,
    repository_id integer not null,
    day date not null,
    stars bigint,
    forks bigint
);

create table import_mapping (
    tenant_id integer not null,
    header text not null,
    columns text not null
);

-- Which import a row comes from; null: GitHub.
alter table snapshot add column batch_id integer;
alter table repository_stats add column batch_id integer;
alter table traffic_window add column batch_id integer;
