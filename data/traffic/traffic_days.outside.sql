-- Which repositories are known before some days (UTC), and which after them.
-- Grain: a repository that is. Source: daily_traffic.
select
    repository_id,
    bool_or(day < $first_day) as is_earlier,
    bool_or(day > $last_day) as is_later
from daily_traffic
where
    repository_id in (select unnest($visible::integer[]))
    and not (day between $first_day and $last_day)
group by repository_id;
