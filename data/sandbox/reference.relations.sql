-- The columns of the views and tables of traffic that are for people who write SQL, with their comments; views first.
-- Grain: a column. Source: the catalogue of the database itself.
select
    columns.table_name,
    views.view_name is not null as is_view,
    views.comment as about,
    columns.column_name,
    columns.data_type,
    columns.comment as column_about
from duckdb_columns() as columns
left join duckdb_views() as views
    on columns.database_name = views.database_name and columns.table_name = views.view_name
where columns.database_name = current_database() and not columns.internal and columns.schema_name = 'main'
order by is_view desc, columns.table_name, columns.column_index;
