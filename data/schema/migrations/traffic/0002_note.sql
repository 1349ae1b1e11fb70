-- What people know of a day: a post, a talk, an outage. They stand with the traffic, so that SQL can join them.
-- A note without a repository is one of all repositories of its tenant. Times are UTC without a zone.

create table note (
    note_id integer not null,
    tenant_id integer not null,
    repository_id integer,
    day date not null,
    note text not null,
    link text,
    added_at timestamp not null
);
