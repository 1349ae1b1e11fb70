-- All days in order. Days are UTC, unknown is null. Grain: a repository and day. Source: shown_day.
-- The direction is 1 or -1; unknown values come last in both.
with listed as (
    select
        days.*,
        shown_repository.full_name,
        shown_repository.name_rank,
        $direction * case $sort_by
            when 'day' then days.day - date '1970-01-01'
            when 'full_name' then shown_repository.name_rank
            when 'views' then days.views
            when 'view_uniques' then days.view_uniques
            when 'clones' then days.clones
            when 'clone_uniques' then days.clone_uniques
            when 'views_state' then list_position(['final', 'pending', 'gap'], days.views_state)
            when 'clones_state' then list_position(['final', 'pending', 'gap'], days.clones_state)
        end as sort_key
    from shown_day($first_day, $last_day) as days
    inner join shown_repository using (repository_id)
)

select
    listed.repository_id,
    listed.full_name,
    listed.day,
    listed.views,
    listed.view_uniques,
    listed.clones,
    listed.clone_uniques,
    listed.views_state,
    listed.clones_state
from listed
order by listed.sort_key nulls last, listed.day desc, listed.name_rank;
