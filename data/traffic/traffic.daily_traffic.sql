-- Days in order, and how many there are in all. Days are UTC, unknown is null. Grain: a repository and day.
-- Source: v_daily, from the session's variable today. The direction is 1 or -1; unknown values come last in both, rows of
-- the same value by the newest day, then by name. A state keeps the days on which views or clones have it; null all. What is searched for
-- is a part of a name, or a day or month: 2026-11-14, 2026-11, 14 Nov 2026, Nov 2026.
-- Few days are counted while they are ordered; of many all would have to be kept until the last is known, so that to read
-- them twice takes less.
with visible as (
    select unnest($visible::integer[]) as repository_id
),

found as (
    select *
    from v_daily
    where
        repository_id in (select repository_id from visible)
        and day between $first_day and $last_day
        and (
            contains(lower(full_name), lower($search))
            or (length($search) >= 7 and contains(strftime(day, '%Y-%m-%d'), $search))
            or (length($search) >= 8 and contains(lower(strftime(day, '%-d %b %Y')), lower($search)))
        )
        and ($state is null or views_state = $state or clones_state = $state)
),

counted as (
    select
        *,
        count(*) over () as total
    from found
),

counted_apart as (
    select
        *,
        (select count(*) from found) as total
    from found
)

select
    repository_id,
    full_name,
    day,
    views,
    view_uniques,
    clones,
    clone_uniques,
    views_state,
    clones_state,
    tenant,
    views_source,
    clones_source,
    view_uniques_kind,
    clone_uniques_kind,
    total
from query_table(
    case when len($visible) * ($last_day::date - $first_day::date) < 20000 then 'counted' else 'counted_apart' end
)
order by
    $direction * case $sort_by
        when 'day' then epoch(day)
        when 'views' then views
        when 'view_uniques' then view_uniques
        when 'clones' then clones
        when 'clone_uniques' then clone_uniques
        when 'views_state' then list_position(['final', 'pending', 'gap'], views_state)
        when 'clones_state' then list_position(['final', 'pending', 'gap'], clones_state)
    end nulls last,
    case when $sort_by = 'full_name' and $direction = 1 then lower(full_name) end,
    case when $sort_by = 'full_name' and $direction = -1 then lower(full_name) end desc,
    day desc,
    lower(full_name),
    repository_id
limit $size offset $skipped;
