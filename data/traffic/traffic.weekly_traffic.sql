-- All weeks in order. Weeks are Mondays, UTC; unknown is null. Grain: a repository and week. Source: shown_week.
-- The direction is 1 or -1; unknown values come last in both.
with listed as (
    select
        weeks.*,
        shown_repository.full_name,
        shown_repository.name_rank,
        $direction * case $sort_by
            when 'week' then weeks.week - date '1970-01-01'
            when 'full_name' then shown_repository.name_rank
            when 'views' then weeks.views
            when 'view_uniques' then weeks.view_uniques
            when 'clones' then weeks.clones
            when 'clone_uniques' then weeks.clone_uniques
            when 'whole' then (weeks.views_state = 'final' and weeks.clones_state = 'final')::integer
        end as sort_key
    from shown_week($first_day, $last_day) as weeks
    inner join shown_repository using (repository_id)
)

select
    listed.repository_id,
    listed.full_name,
    listed.week,
    extract('isoyear' from listed.week)::integer as iso_year,
    extract('week' from listed.week)::integer as iso_week,
    listed.views,
    listed.view_uniques,
    listed.view_uniques_kind,
    listed.clones,
    listed.clone_uniques,
    listed.clone_uniques_kind,
    listed.views_state,
    listed.clones_state,
    listed.views_state = 'final' and listed.clones_state = 'final' as whole
from listed
order by listed.sort_key nulls last, listed.week desc, listed.name_rank;
