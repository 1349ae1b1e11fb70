-- What the incoming days are of each repository. A sum of daily uniques counts people again. Grain: a repository.
-- Source: incoming_day.
select
    repository_id,
    min(day) as first_day,
    max(day) as last_day,
    count(views) as views_days,
    sum(views)::bigint as views,
    sum(view_uniques)::bigint as visitor_days,
    count(clones) as clones_days,
    sum(clones)::bigint as clones,
    sum(clone_uniques)::bigint as cloner_days
from incoming_day
group by repository_id;
