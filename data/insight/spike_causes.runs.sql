-- The workflow runs of some days and the clones that they have made at least, beside the medians of the four weeks before and
-- after. Days are UTC. Grain: a repository and day. Source: v_clones.
with spike_day as (
    select
        unnest($repository_ids::integer[]) as repository_id,
        unnest($days::date[]) as day
)

select
    spike_day.repository_id,
    spike_day.day,
    max(v_clones.workflow_runs) filter (where v_clones.day = spike_day.day) as runs,
    median(v_clones.workflow_runs) filter (where v_clones.day <> spike_day.day) as usual,
    max(v_clones.at_least_by_actions) filter (where v_clones.day = spike_day.day) as clones,
    median(v_clones.at_least_by_actions) filter (where v_clones.day <> spike_day.day) as usual_clones
from spike_day
inner join v_clones
    on
        spike_day.repository_id = v_clones.repository_id
        and v_clones.day between spike_day.day - 28 and spike_day.day + 28
where v_clones.repository_id in (select unnest($visible::integer[])) and v_clones.workflow_runs is not null
group by spike_day.repository_id, spike_day.day
having runs is not null and usual is not null;
