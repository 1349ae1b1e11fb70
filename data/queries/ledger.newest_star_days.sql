-- The newest day of each repository's star history. Grain out: a repository. Source: star_history.
select
    repository_id,
    max(day) as newest_day
from star_history
group by repository_id;
