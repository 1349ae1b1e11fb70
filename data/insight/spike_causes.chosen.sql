-- The visible repositories whose name contains the search. Grain: a repository. Source: repository.
select
    repository_id,
    tenant_id,
    full_name
from repository
where
    repository_id in (select unnest($visible::integer[]))
    and contains(lower(full_name), lower($search));
