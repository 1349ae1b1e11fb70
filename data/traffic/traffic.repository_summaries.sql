-- The visible repositories in short, by name; views and clones are of the 30 days up to yesterday, known ones only. Times
-- and days are UTC, unknown is null. Grain: a repository. Source: v_repositories, v_daily, repository, from the session's
-- variable today. The sparkline has the known views of these 30 days, oldest first.
with visible as materialized (
    select unnest($visible::integer[]) as repository_id
),

recent as (
    select
        repository_id,
        sum(views)::bigint as views,
        sum(clones)::bigint as clones,
        list(views order by day) filter (where views is not null) as known_views
    from v_daily
    where
        repository_id in (select repository_id from visible)
        and day between $today::date - 30 and $today::date - 1
    group by repository_id
)

select
    known.repository_id,
    known.tenant_id,
    known.full_name,
    known.state,
    known.state_reason,
    repository.visibility,
    repository.archived,
    known.last_collected_at,
    known.days_until_loss,
    recent.views as views_30,
    recent.clones as clones_30,
    known.stars,
    coalesce(recent.known_views, []) as sparkline
from v_repositories as known
inner join repository using (repository_id)
left join recent on known.repository_id = recent.repository_id
where
    known.repository_id between list_min($visible::integer[]) and list_max($visible::integer[]) and -- DuckDB 1.5
    known.repository_id in (select repository_id from visible)
order by lower(known.full_name), known.repository_id;
