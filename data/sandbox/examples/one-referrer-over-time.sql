-- One referrer over time: How many views each list of 14 days tells of it. The lists overlap, so the line is smooth.
select observed_on, full_name, views, view_uniques, rank
from v_referrers
where referrer ilike $referrer
order by observed_on, full_name;
