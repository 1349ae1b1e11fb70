-- Keeps a query for its user alone. Grain: a query. Target: saved_query (control). Times are UTC.
insert into saved_query (query_id, user_id, tenant_id, name, statement, parameters, saved_at)
values ($query_id, $user_id, null, $name, $statement, $parameters, $now);
