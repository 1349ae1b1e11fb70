-- New referrers: When each referrer was first seen. Those of the very first list are left out: they may be older.
select full_name, referrer, min(observed_on) as first_seen, max(observed_on) as last_seen, max(views) as most_views
from v_referrers
group by repository_id, full_name, referrer
having first_seen > (
    select min(observed_on) from snapshot
    where snapshot.repository_id = v_referrers.repository_id and listing = 'referrers'
)
order by first_seen desc, most_views desc;
