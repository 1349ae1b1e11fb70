-- The stars gained on some days, beside the median of the four weeks before and after. GitHub does not promise that the
-- days of its star history are UTC. Grain: a repository and day. Source: star_history.
with spike_day as (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($days::date[]) as day
)

select
    spike_day.repository_id,
    spike_day.day,
    max(star_history.stars) filter (where star_history.day = spike_day.day) as gained,
    median(star_history.stars) filter (where star_history.day <> spike_day.day) as usual
from spike_day
inner join star_history
    on
        spike_day.repository_id = star_history.repository_id
        and star_history.day between spike_day.day - 28 and spike_day.day + 28
where star_history.repository_id in (select unnest($visible::integer[]))
group by spike_day.repository_id, spike_day.day
having gained is not null;
