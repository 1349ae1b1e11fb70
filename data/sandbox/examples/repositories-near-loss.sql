-- Repositories near loss: Whose days GitHub will forget first; 0 or less means that it is happening.
select tenant, full_name, state, state_reason, last_collected_at, days_until_loss
from v_repositories
where days_until_loss is not null
order by days_until_loss, full_name;
