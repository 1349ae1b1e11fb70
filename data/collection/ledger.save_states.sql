-- Keeps whether GitHub lets the repositories be collected. What a person paused or removed stays so.
-- Grain in: incoming_state (repository_id, observed_at, state, reason).
create or replace temp table newest_state as
from incoming_state
qualify row_number() over (partition by repository_id order by observed_at desc) = 1;

merge into repository as stored
using newest_state as fresh
on stored.repository_id = fresh.repository_id
when
    matched
    and stored.state not in ('paused', 'removed')
    and (fresh.state, fresh.reason) is distinct from (stored.state, stored.state_reason)
    then update set
        state_since = case when stored.state = fresh.state then stored.state_since else fresh.observed_at end,
        state = fresh.state,
        state_reason = fresh.reason;
