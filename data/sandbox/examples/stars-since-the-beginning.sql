-- Stars since the beginning: The history as it adds up. What is taken back later than about five weeks after it was
-- given stays in it, so it may end above `stars` of `v_repositories`.
select
    full_name,
    day,
    stars_gained,
    sum(stars_gained) over (partition by repository_id order by day) as stars_gained_until_then
from v_stars
where stars_gained is not null
order by full_name, day desc;
