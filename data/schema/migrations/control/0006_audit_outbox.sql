-- Which entry of the table audit_outbox of `traffic` this one was, so that each is moved here once.
alter table audit_log add column entry_id text;
