-- What the incoming days are of each repository. A sum of daily uniques counts people again. Grain: a repository.
-- Source: incoming_day.
select
    repository_id,
    min(day) as first_day,
    max(day) as last_day,
    count(views) as views_days,
    coalesce(sum(views), 0)::bigint as views,
    coalesce(sum(view_uniques), 0)::bigint as visitor_days,
    count(clones) as clones_days,
    coalesce(sum(clones), 0)::bigint as clones,
    coalesce(sum(clone_uniques), 0)::bigint as cloner_days
from incoming_day
group by repository_id;
