-- The newest week (Monday, UTC date) of each repository whose views, whose clones are stored complete.
-- Grain out: a repository. Source: weekly_traffic.
select
    repository_id,
    max(week) filter (where views_complete) as views_week,
    max(week) filter (where clones_complete) as clones_week
from weekly_traffic
where week >= $since
group by repository_id;
