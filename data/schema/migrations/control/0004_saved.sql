-- What users keep for themselves or share in a tenant: dashboards and SQL queries. Times are UTC without a zone.

create table saved_dashboard (
    dashboard_id integer not null,
    user_id integer not null,
    tenant_id integer,
    name text not null,
    specification text not null,
    saved_at timestamp not null
);

create table saved_query (
    query_id integer not null,
    user_id integer not null,
    tenant_id integer,
    name text not null,
    statement text not null,
    parameters text not null,
    saved_at timestamp not null
);
