-- A page of weeks, and how many there are on all pages. Weeks are Mondays, UTC; unknown is null.
-- Grain: a repository and week; one row of nulls beside the total where the page is empty. Source: shown_week.
-- The direction is 1 or -1; unknown values come last in both.
with listed as materialized (
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
),

page as (
    select *
    from listed
    order by sort_key nulls last, week desc, name_rank
    limit $size offset $skipped
)

select
    page.repository_id,
    page.full_name,
    page.week,
    extract('isoyear' from page.week)::integer as iso_year,
    extract('week' from page.week)::integer as iso_week,
    page.views,
    page.view_uniques,
    page.view_uniques_kind,
    page.clones,
    page.clone_uniques,
    page.clone_uniques_kind,
    page.views_state,
    page.clones_state,
    page.views_state = 'final' and page.clones_state = 'final' as whole,
    counted.total
from (select count(*) as total from listed) as counted
left join page on true
order by page.sort_key nulls last, page.week desc, page.name_rank;
