-- A page of days, and how many there are on all pages. Days are UTC, unknown is null.
-- Grain: a repository and day; one row of nulls beside the total where the page is empty. Source: shown_day.
-- The direction is 1 or -1; unknown values come last in both.
with listed as materialized (
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
),

page as (
    select *
    from listed
    order by sort_key nulls last, day desc, name_rank
    limit $size offset $skipped
)

select
    page.repository_id,
    page.full_name,
    page.day,
    page.views,
    page.view_uniques,
    page.clones,
    page.clone_uniques,
    page.views_state,
    page.clones_state,
    counted.total
from (select count(*) as total from listed) as counted
left join page on true
order by page.sort_key nulls last, page.day desc, page.name_rank;
