-- Badges: a number of a repository or a group for anybody who knows its address (public_id). Times are UTC without a zone.
create table badge (
    badge_id integer not null,
    public_id text not null,
    tenant_id integer not null,
    repository_id integer,
    group_id integer,
    measure text not null,
    period text not null,
    label text not null,
    colour text not null,
    style text not null,
    made_by text not null,
    made_at timestamp not null
);
