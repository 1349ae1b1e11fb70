-- What stood out upwards, with its greatest day among some days (UTC), of the visible repositories whose name contains the
-- search: the most notable, so many, and how many there are in all. weight: the rise on the scale on which every count has the
-- same noise, so that both its size and its share count (Anscombe 1948, as in data/insight/spikes.py). Grain: a stretch of days. Source: v_spikes, v_today (from the session's variable today).
select
    v_spikes.repository_id,
    v_spikes.full_name,
    v_spikes.metric,
    v_spikes.first_day,
    v_spikes.last_day,
    v_spikes.peak_day,
    v_spikes.value,
    v_spikes.expected,
    v_spikes.score,
    2 * (sqrt(v_spikes.value) - sqrt(greatest(v_spikes.expected, 0))) as weight,
    count(*) over () as total
from v_spikes
cross join v_today
where
    v_spikes.repository_id between list_min($visible::integer[]) and list_max($visible::integer[])  -- skips most rows of others
    and v_spikes.repository_id in (select unnest($visible::integer[]))
    and contains(lower(v_spikes.full_name), lower($search))
    and v_spikes.kind = 'spike'
    and v_spikes.peak_day between $first_day and least($last_day::date, v_today.final_until)
    and (
        $imports
        or (v_spikes.repository_id, v_spikes.peak_day, v_spikes.metric) not in (
            select (
                repository_id, day,
                unnest([if(views_source = 'import', 'views', ''), if(clones_source = 'import', 'clones', '')])
            )
            from daily_traffic  -- else not read: it would take five times as long as all the rest
            where not $imports and repository_id in (select unnest($visible::integer[])) and day between $first_day and $last_day
        )
    )
order by weight desc, v_spikes.full_name, v_spikes.metric, v_spikes.repository_id
limit $most;
