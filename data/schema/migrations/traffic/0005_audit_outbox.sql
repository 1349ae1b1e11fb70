-- The records of changes made to this file, until they have been moved to the audit log in `control`: written in the
-- transaction of the change. Who it was is a number, 0 for the command line; names are in `control`. Times are UTC.
create table audit_outbox (
    entry_id text not null,
    happened_at timestamp not null,
    user_id integer not null,
    action text not null,
    subject text not null,
    detail text,
    tenant_id integer
);
