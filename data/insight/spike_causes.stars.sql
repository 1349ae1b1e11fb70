-- The stars gained on some days, beside the median of the four weeks before and after. GitHub does not promise that the
-- days of its star history are UTC. Grain: a repository and day. Source: star_history.
with wanted as (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($days::date[]) as day
)

select
    wanted.repository_id,
    wanted.day,
    max(star_history.stars) filter (where star_history.day = wanted.day) as gained,
    median(star_history.stars) filter (where star_history.day <> wanted.day) as usual
from wanted
inner join star_history
    on
        wanted.repository_id = star_history.repository_id
        and star_history.day between wanted.day - 28 and wanted.day + 28
where star_history.repository_id in (select unnest($visible::integer[]))
group by wanted.repository_id, wanted.day
having gained is not null;
