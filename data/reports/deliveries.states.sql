-- How each delivery stands, by what it is known. Source: delivery (control).
select
    subscription_id,
    channel_id,
    occasion,
    state,
    attempts,
    next_try_at,
    is_late,
    due_at,
    tried_at
from delivery;
