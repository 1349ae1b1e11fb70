-- Sets down what each repository of a panel is called: by its name, with its number where two visible ones have the
-- same. Grain: a repository. Source: shown_repository, which holds visible ones only.
create or replace temp table panel_repository as
select
    repository_id,
    case
        when count(*) over (partition by lower(full_name)) > 1 then full_name || ' · ' || repository_id::text
        else full_name
    end as name
from shown_repository;
