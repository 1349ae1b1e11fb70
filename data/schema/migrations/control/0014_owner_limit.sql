-- What the headers of GitHub's newest answer have said of the hourly limit of a token's owner, as of the end of a run.
-- Times are UTC without a zone.

create table owner_limit (
    owner_key text not null,
    requests_an_hour bigint not null,
    requests_left bigint not null,
    resets_at timestamp not null
);
