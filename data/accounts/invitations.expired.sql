-- The links that have expired at $now (UTC). Grain: a link. Source: invitation (control).
select invitation_id
from invitation
where expires_at <= $now;
