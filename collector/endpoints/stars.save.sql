-- Keeps the stars gained a day as GitHub last reported them: stars taken back leave their day.
-- Grain in: incoming_star (repository_id, day, observed_at, stars).
create or replace temp table accepted_star as
with fresh as (
    from incoming_star
    qualify row_number() over (partition by repository_id, day order by observed_at desc) = 1
)

select fresh.*
from fresh
left join star_history as stored using (repository_id, day)
where stored.observed_at is null or (fresh.observed_at > stored.observed_at and fresh.stars <> stored.stars);

merge into star_history as stored
using accepted_star as fresh
on stored.repository_id = fresh.repository_id and stored.day = fresh.day
when matched then update set
    observed_at = fresh.observed_at,
    stars = fresh.stars
when not matched then insert (repository_id, day, observed_at, stars)
values (fresh.repository_id, fresh.day, fresh.observed_at, fresh.stars);
