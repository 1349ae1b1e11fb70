-- One referrer over time: Its views in each list of 14 days. The lists overlap, so the line is smooth.
select observed_on, full_name, views, view_uniques, rank
from v_referrers
where referrer ilike $referrer
order by observed_on, full_name;
