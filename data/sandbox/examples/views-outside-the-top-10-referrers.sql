-- Views outside the top 10 referrers: Share of the views of the same 14 days: typed addresses, apps and small sites.
with listed as (
    select repository_id, full_name, observed_on, sum(views) as listed_views
    from v_referrers
    group by repository_id, full_name, observed_on
)

select
    listed.full_name,
    listed.observed_on,
    seen.total as all_views,
    listed.listed_views,
    round(100 - 100 * listed.listed_views / seen.total, 1) as unexplained_percent
from listed
inner join traffic_window as seen
    on
        listed.repository_id = seen.repository_id
        and seen.metric = 'views'
        and seen.observed_at::date = listed.observed_on
where seen.total > 0
qualify row_number() over (
    partition by listed.repository_id, listed.observed_on
    order by seen.observed_at desc
) = 1
order by listed.full_name, listed.observed_on desc;
