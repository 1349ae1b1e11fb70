-- Whether a viewer may see every row that there is. Grain: one row. Source: repository, tenant, and the path of the version.
select
    path as version,
    not exists (
        select 1 from repository
        where repository_id not in (select unnest($visible::integer[]))
    )
    and not exists (
        select 1 from tenant
        where tenant_id not in (select unnest($tenant_ids::integer[]))
    ) as sees_all
from duckdb_databases()
where database_name = current_database();
