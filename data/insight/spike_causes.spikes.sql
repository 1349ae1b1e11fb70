-- What stood out upwards, with its greatest day among some days (UTC), of the visible repositories whose name contains the
-- search: the most notable, so many, and how many there are in all. weight: the rise on the scale on which every count has the
-- same noise, so that both its size and its share count (Anscombe 1948, as in data/insight/spikes.py). Grain: a stretch of days.
-- Source: spike, repository.
with visible as materialized (
    select unnest($visible::integer[]) as repository_id
)

select
    spike.repository_id,
    repository.full_name,
    spike.metric,
    spike.first_day,
    spike.last_day,
    spike.peak_day,
    spike.value,
    spike.expected,
    spike.score,
    2 * (sqrt(spike.value) - sqrt(greatest(spike.expected, 0))) as weight,
    count(*) over () as total
from spike
inner join repository using (repository_id)
where
    spike.repository_id between list_min($visible::integer[]) and list_max($visible::integer[])  -- skips most rows of others
    and spike.repository_id in (select repository_id from visible)
    and contains(lower(repository.full_name), lower($search))
    and spike.score > 0
    and spike.peak_day between $first_day and $last_day
    and (
        $imports
        or (spike.repository_id, spike.peak_day, spike.metric) not in (
            select (
                repository_id, day,
                unnest([if(views_source = 'import', 'views', ''), if(clones_source = 'import', 'clones', '')])
            )
            from daily_traffic  -- else not read: it would take five times as long as all the rest
            where not $imports and repository_id in (select repository_id from visible) and day between $first_day and $last_day
        )
    )
order by weight desc, repository.full_name, spike.metric, spike.repository_id
limit $most;
