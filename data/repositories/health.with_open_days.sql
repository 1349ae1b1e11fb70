-- The stretches of days that no answer covered, oldest first, of the visible repositories. Days are UTC.
-- Grain: a repository, metric, state and stretch. Source: v_gaps, from the session's variable today.
select
    repository_id,
    state,
    metric,
    first_day,
    last_day
from v_gaps
where repository_id in (select unnest($visible))
order by repository_id, first_day, metric desc;
