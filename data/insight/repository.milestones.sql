-- Round numbers of stars that were reached in a period: the stars at the end of a day are those of the newest look, less
-- what was gained after the day.
-- Grain: a repository and milestone, the greatest first. GitHub does not promise that days of stars are UTC.
-- Source: repository_stats, star_history.
with visible as (
    select unnest($visible::integer[]) as repository_id
),

newest as (
    select
        repository_id,
        arg_max(stars, day) as stars,
        max(day) as day
    from repository_stats
    where
        repository_id in (select repository_id from visible)
        and day >= $first_day
        and stars is not null
        and (batch_id is null or coalesce(getvariable('with_imports')::boolean, true))
    group by repository_id
),

running as (
    select
        gained.repository_id,
        gained.day,
        gained.stars as stars_gained,
        newest.stars - coalesce(
            sum(gained.stars) over (
                partition by gained.repository_id
                order by gained.day desc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as stars
    from star_history as gained
    inner join newest on gained.repository_id = newest.repository_id and gained.day <= newest.day
    where gained.repository_id in (select repository_id from newest) and gained.day >= $first_day
)

select
    running.repository_id,
    repository.full_name,
    milestones.stars,
    min(running.day) as day
from running
inner join (select unnest($milestones::bigint[]) as stars) as milestones
    on running.stars >= milestones.stars and running.stars - running.stars_gained < milestones.stars
inner join repository on running.repository_id = repository.repository_id
where running.day <= $last_day
group by running.repository_id, repository.full_name, milestones.stars
order by milestones.stars desc, lower(repository.full_name);
