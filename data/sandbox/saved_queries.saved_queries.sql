-- The saved queries of a user, and those shared in tenants that the user sees as a whole; or the one of an id among
-- them. By name. Grain: a query. Source: saved_query, account (control). Times are UTC.
select
    saved_query.query_id,
    saved_query.user_id,
    account.display_name,
    saved_query.tenant_id,
    saved_query.name,
    saved_query.statement,
    saved_query.parameters,
    saved_query.saved_at
from saved_query
inner join account using (user_id)
where
    (
        (saved_query.tenant_id is null and saved_query.user_id = $user_id)
        or saved_query.tenant_id in (select unnest($tenant_ids))
    )
    and ($query_id is null or saved_query.query_id = $query_id)
order by lower(saved_query.name), saved_query.query_id;
