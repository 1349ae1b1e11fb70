-- Star history: The running total. Stars taken back more than about five weeks later are not subtracted, so it may end
-- above `stars` of `v_repositories`.
select
    full_name,
    day,
    stars_gained,
    sum(stars_gained) over (partition by repository_id order by day) as stars_gained_until_then
from v_stars
where stars_gained is not null
order by full_name, day desc;
