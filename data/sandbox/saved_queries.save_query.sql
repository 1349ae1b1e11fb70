-- Changes a query's name, statement, parameters and tenant. Grain: a query. Target: saved_query (control).
update saved_query
set
    name = $name,
    statement = $statement,
    parameters = $parameters,
    tenant_id = $tenant_id,
    saved_at = $now
where query_id = $query_id;
