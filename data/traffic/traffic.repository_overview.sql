-- The visible repositories at a glance, by name; counts are of the 30 days up to yesterday, known ones only. Times
-- and days are UTC, unknown is null. Grain: a repository. Source: repository, daily_traffic, coverage,
-- endpoint_state, repository_stats. Risk as in v_repositories; stars are looked for in the newest month first.
with chosen as materialized (
    select
        repository.*,
        tenant.active and repository.state not in ('paused', 'removed') as followed
    from repository
    inner join tenant using (tenant_id)
    where repository.repository_id in (select unnest($visible))
),

days as (
    select
        repository_id,
        $today - day as age,
        views,
        clones
    from daily_traffic
    where
        repository_id in (select repository_id from chosen)
        and day between $today - 30 and $today - 1
),

recent as (
    select
        repository_id,
        sum(views)::bigint as views,
        sum(clones)::bigint as clones,
        map(list(age), list(views)) as views_by_age
    from days
    group by repository_id
),

covered as (
    select
        repository_id,
        min(first_day) as first_day,
        max(last_day) filter (where metric = 'views') as views_until,
        max(last_day) filter (where metric = 'clones') as clones_until
    from coverage
    group by repository_id
),

earlier as (
    select
        repository_id,
        min(day) as first_day
    from daily_traffic
    where
        repository_id in (
            select chosen.repository_id from chosen
            left join covered using (repository_id)
            where covered.first_day is null or covered.first_day > $today - 13
        )
    group by repository_id
),

still_shown as (
    select
        chosen.repository_id,
        metrics.metric,
        $today - age.days as day
    from chosen
    cross join (values ('views'), ('clones')) as metrics (metric)
    cross join (select unnest(range(14))::integer as days) as age
    left join covered using (repository_id)
    left join earlier using (repository_id)
    where $today - age.days >= coalesce(least(covered.first_day, earlier.first_day), chosen.added_at::date)
),

uncovered as (
    select
        still_shown.repository_id,
        min(still_shown.day) as first_day
    from still_shown
    anti join coverage
        on
            still_shown.repository_id = coverage.repository_id
            and still_shown.metric = coverage.metric
            and still_shown.day between coverage.first_day and coverage.last_day
    group by still_shown.repository_id
),

answers as (
    select
        repository_id,
        max(last_good_at) as last_collected_at
    from endpoint_state
    where endpoint in ('views', 'clones')
    group by repository_id
),

newest_stars as materialized (
    select
        repository_id,
        arg_max(stars, day) as stars
    from repository_stats
    where repository_id in (select repository_id from chosen) and day >= $today - 30 and stars is not null
    group by repository_id
),

older_stars as (
    select
        repository_id,
        arg_max(stars, day) as stars
    from repository_stats
    where
        repository_id in (select repository_id from chosen anti join newest_stars using (repository_id))
    group by repository_id
)

select
    chosen.repository_id,
    chosen.tenant_id,
    chosen.full_name,
    chosen.state,
    chosen.state_reason,
    chosen.visibility,
    chosen.archived,
    answers.last_collected_at,
    case
        when chosen.followed
            then least(
                coalesce(covered.views_until + 1, chosen.added_at::date),
                coalesce(covered.clones_until + 1, chosen.added_at::date),
                uncovered.first_day
            ) + 13 - $today
    end as days_until_loss,
    recent.views as views_30,
    recent.clones as clones_30,
    coalesce(newest_stars.stars, older_stars.stars) as stars,
    list_transform(range(30, 0, -1), lambda age: recent.views_by_age[age::integer]) as sparkline
from chosen
left join recent using (repository_id)
left join covered using (repository_id)
left join uncovered using (repository_id)
left join answers using (repository_id)
left join newest_stars using (repository_id)
left join older_stars using (repository_id)
order by lower(chosen.full_name), chosen.repository_id;
