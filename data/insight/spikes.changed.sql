-- The repositories of which the final days are not those that were judged last, among those asked for and all that were
-- never judged. The digest is of the final days from the context on; is_whole says that all days are to be judged.
-- Grain: a repository. Source: v_daily (from the session's variable today), spike_progress. Days are UTC.
with judged as (
    select
        repository_id,
        min(day) as first_day,
        bit_xor(
            hash(
                day,
                case when views_state = 'final' then views end,
                case when clones_state = 'final' then clones end
            )
        ) filter (where day >= $context and (views_state = 'final' or clones_state = 'final')) as digest
    from v_daily
    where
        repository_id in (select unnest($repository_ids::integer[]))
        or repository_id not in (select repository_id from spike_progress)
    group by repository_id
)

select
    judged.repository_id,
    judged.first_day,
    coalesce(judged.digest, 0) as digest,
    coalesce(spike_progress.computed_on < $recent, true) as is_whole
from judged
left join spike_progress using (repository_id)
where judged.first_day <= $today and coalesce(judged.digest, 0) is distinct from spike_progress.digest
order by judged.repository_id;
