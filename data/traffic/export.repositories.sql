-- Repositories to export, with their totals. Times and days are UTC; unknown is null.
-- Grain: a repository of a tenant. Source: v_repositories.
select
    tenant,
    full_name,
    repository_id,
    state,
    state_reason,
    views,
    clones,
    first_day,
    last_day,
    last_collected_at,
    pending_days,
    gap_days,
    view_uniques_of_14_days,
    clone_uniques_of_14_days,
    stars,
    forks,
    watchers,
    days_until_loss
from v_repositories
where
    repository_id between list_min($visible) and list_max($visible)
    and repository_id in (select unnest($visible))
order by repository_id;
