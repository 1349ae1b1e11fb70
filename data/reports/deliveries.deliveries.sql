-- The newest delivery of each of these channels. Times are UTC. Grain: a channel. Source: delivery (control).
select
    channel_id,
    occasion,
    state,
    attempts,
    tried_at,
    next_try_at,
    reason,
    is_late
from delivery
where channel_id in (select unnest($channel_ids::integer[]))
qualify row_number() over (partition by channel_id order by due_at desc, tried_at desc) = 1;
