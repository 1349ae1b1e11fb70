-- Repositories about to lose days: Where GitHub deletes days first; 0 or less: days are being lost.
select tenant, full_name, state, state_reason, last_collected_at, days_until_loss
from v_repositories
where days_until_loss is not null
order by days_until_loss, full_name;
