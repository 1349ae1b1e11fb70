-- Workflow runs of GitHub Actions, whose checkouts are clones: how many were begun on a day, and the checkouts of some runs,
-- chosen by chance. Days are UTC dates, times are UTC without a zone.
alter table tenant add column reads_actions boolean default false;

create table workflow_day (
    repository_id integer not null,
    day date not null,
    observed_at timestamp not null,
    runs bigint not null
);

create table sampled_run (
    repository_id integer not null,
    run_id bigint not null,
    day date not null,
    checkouts bigint not null
);
