-- Rising paths: Each path in the newest list and in the one about four weeks before: two windows that do not overlap.
with newest as (
    select repository_id, max(observed_on) as observed_on
    from v_paths
    group by repository_id
)

select new.full_name, new.path, old.views as views_before, new.views, new.views - old.views as more
from v_paths as new
inner join newest using (repository_id, observed_on)
inner join v_paths as old
    on
        new.repository_id = old.repository_id
        and new.path = old.path
        and old.observed_on between new.observed_on - 31 and new.observed_on - 25
order by more desc;
