-- Weeks in order that have a day between two days, of which only those days count, and how many there are in all. Weeks
-- are Mondays, UTC; unknown is null. Uniques are GitHub's own of the week (kind week), else the daily ones added up (kind sum_of_days); for files
-- both apart, and of how many days each count is.
-- Grain: a repository and week. Source: v_weekly, from the session's variables today, first_day, last_day. Order as in daily_traffic; and
-- searched for as there, or as 2026-W46, where a day finds its week.
with visible as (
    select unnest($visible::integer[]) as repository_id
)

select
    repository_id,
    full_name,
    week,
    extract('isoyear' from week)::integer as iso_year,
    extract('week' from week)::integer as iso_week,
    views,
    coalesce(view_uniques, visitor_days) as view_uniques,
    view_uniques_kind,
    clones,
    coalesce(clone_uniques, cloner_days) as clone_uniques,
    clone_uniques_kind,
    views_state,
    clones_state,
    views_state = 'final' and clones_state = 'final' as whole,
    tenant,
    v_weekly.view_uniques as true_view_uniques,
    visitor_days,
    views_days,
    views_by_github,
    v_weekly.clone_uniques as true_clone_uniques,
    cloner_days,
    clones_days,
    clones_by_github,
    count(*) over () as total
from v_weekly
where
    repository_id in (select repository_id from visible)
    and week between date_trunc('week', $first_day::date)::date and $last_day
    and (
        contains(lower(full_name), lower($search))
        or (length($search) >= 7 and contains(strftime(week, '%Y-%m-%d %G-W%V'), upper($search)))
        or (length($search) >= 8 and contains(lower(strftime(week, '%-d %b %Y')), lower($search)))
        or coalesce(try_cast($search as date), try_strptime($search, '%d %b %Y')::date) between week and week + 6
    )
    and ($state is null or views_state = $state or clones_state = $state)
order by
    $direction * case $sort_by
        when 'week' then epoch(week)
        when 'views' then views
        when 'view_uniques' then coalesce(v_weekly.view_uniques, visitor_days)
        when 'clones' then clones
        when 'clone_uniques' then coalesce(v_weekly.clone_uniques, cloner_days)
        when 'whole' then (views_state = 'final' and clones_state = 'final')::integer
    end nulls last,
    case when $sort_by = 'full_name' and $direction = 1 then lower(full_name) end,
    case when $sort_by = 'full_name' and $direction = -1 then lower(full_name) end desc,
    week desc,
    lower(full_name),
    repository_id
limit $size offset $skipped;
