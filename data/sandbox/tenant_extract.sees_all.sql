-- Whether a viewer may see every row that there is, and that ever was: a file may keep traces of rows that are deleted.
-- Attempts to send what is somebody's own are for nobody else.
-- Grain: one row. Source: repository, tenant, identity_counter, delivery_attempt.
select
    not exists (
        select 1 from repository
        where repository_id not in (select unnest($visible::integer[]))
    )
    and not exists (
        select 1 from tenant
        where tenant_id not in (select unnest($tenant_ids::integer[]))
    )
    and not exists (
        select 1 from identity_counter
        where table_name in ('repository', 'tenant')
            and last_id > len(case table_name when 'repository' then $visible::integer[] else $tenant_ids::integer[] end)
    )
    and not exists (
        select 1 from delivery_attempt
        where tenant_id is null
    ) as sees_all;
