-- Under which lease a run was made: while it is held, the run goes on. NULL: of a release before leases, or never under one.
alter table collection_run add column if not exists fence bigint;
