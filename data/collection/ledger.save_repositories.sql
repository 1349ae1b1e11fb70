-- Keeps what GitHub says of the repositories themselves: identity, name, visibility; and whether they can be collected.
-- Grain in: incoming_facts (repository_id, observed_at, github_id, owner, name, full_name, visibility, archived, fork)
-- and incoming_state (repository_id, observed_at, state, reason). What a person paused or removed stays so.
create or replace temp table newest_facts as
from incoming_facts
qualify row_number() over (partition by repository_id order by observed_at desc) = 1;

merge into repository as stored
using newest_facts as fresh
on stored.repository_id = fresh.repository_id
when
    matched
    and (fresh.github_id, fresh.full_name, fresh.visibility, fresh.archived, fresh.fork)
    is distinct from (stored.github_id, stored.full_name, stored.visibility, stored.archived, stored.fork)
    then update set
        github_id = fresh.github_id,
        owner = fresh.owner,
        name = fresh.name,
        full_name = fresh.full_name,
        visibility = fresh.visibility,
        archived = fresh.archived,
        fork = fresh.fork;

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
