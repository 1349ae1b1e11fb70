-- Everything that may be shared: tenants, repositories, what GitHub showed of them, and the system log.
-- No keys, no indexes: they would block later changes of a table in DuckDB; commits assert uniqueness instead.
-- Times are UTC without a zone, days are UTC dates, NULL means unknown and never zero.

create table identity_counter (
    table_name text not null,
    last_id integer not null
);

create table tenant (
    tenant_id integer not null,
    name text not null,
    schedule text not null,
    active boolean not null,
    added_at timestamp not null
);

create table repository (
    repository_id integer not null,
    tenant_id integer not null,
    github_id bigint,
    owner text not null,
    name text not null,
    full_name text not null,
    state text not null check (state in ('active', 'paused', 'unavailable', 'blocked', 'removed')),
    state_reason text,
    state_since timestamp not null,
    added_at timestamp not null,
    visibility text,
    archived boolean,
    fork boolean
);

create table daily_traffic (
    repository_id integer not null,
    day date not null,
    views bigint,
    view_uniques bigint,
    clones bigint,
    clone_uniques bigint
);

create table weekly_traffic (
    repository_id integer not null,
    week date not null,
    views bigint,
    view_uniques bigint,
    views_complete boolean not null,
    clones bigint,
    clone_uniques bigint,
    clones_complete boolean not null
);

create table traffic_window (
    repository_id integer not null,
    metric text not null check (metric in ('views', 'clones')),
    observed_at timestamp not null,
    first_day date not null,
    last_day date not null,
    total bigint not null,
    uniques bigint
);

create table coverage (
    repository_id integer not null,
    metric text not null check (metric in ('views', 'clones')),
    first_day date not null,
    last_day date not null
);

create table traffic_revision (
    repository_id integer not null,
    day date not null,
    metric text not null check (metric in ('views', 'clones')),
    observed_at timestamp not null,
    count bigint not null,
    uniques bigint not null,
    count_before bigint not null,
    uniques_before bigint not null
);

create table snapshot (
    repository_id integer not null,
    listing text not null check (listing in ('referrers', 'paths')),
    observed_on date not null,
    observed_at timestamp not null,
    digest text not null,
    entries integer not null
);

create table referrer_snapshot (
    repository_id integer not null,
    observed_on date not null,
    referrer text not null,
    views bigint not null,
    view_uniques bigint not null
);

create table path_snapshot (
    repository_id integer not null,
    observed_on date not null,
    path text not null,
    title text,
    views bigint not null,
    view_uniques bigint not null
);

create table repository_stats (
    repository_id integer not null,
    day date not null,
    observed_at timestamp not null,
    stars bigint,
    forks bigint,
    watchers bigint,
    open_issues_and_pull_requests bigint,
    size_kb bigint
);

create table star_history (
    repository_id integer not null,
    day date not null,
    observed_at timestamp not null,
    stars bigint not null
);

create table release (
    repository_id integer not null,
    release_id bigint not null,
    observed_at timestamp not null,
    tag_name text not null,
    name text,
    prerelease boolean,
    published_at timestamp
);

create table release_download (
    repository_id integer not null,
    asset_id bigint not null,
    day date not null,
    observed_at timestamp not null,
    release_id bigint not null,
    asset_name text not null,
    downloads bigint not null
);

create table endpoint_state (
    repository_id integer not null,
    endpoint text not null,
    last_tried_at timestamp not null,
    last_good_at timestamp,
    last_outcome text not null,
    etag text,
    etag_token_id integer
);

create table collection_run (
    run_id integer not null,
    trigger text not null,
    started_at timestamp not null,
    ended_at timestamp,
    state text not null check (state in ('running', 'complete', 'partial', 'failed', 'stopped')),
    requests integer not null,
    repositories integer not null,
    message text
);

create table collection_result (
    run_id integer not null,
    repository_id integer not null,
    endpoint text not null,
    finished_at timestamp not null,
    outcome text not null,
    status integer,
    message text,
    rows_changed integer not null,
    elapsed_ms integer not null
);
