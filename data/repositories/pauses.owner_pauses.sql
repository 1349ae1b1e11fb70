-- The pauses that are not over at $now. Grain: a token owner. Source: owner_pause (control). Times are UTC.
-- One that ends after $latest was written under a clock that has been set back since: it is not believed.
select
    owner_key,
    paused_until,
    reason
from owner_pause
where paused_until > $now and paused_until <= $latest;
