-- Stars around a release: Stars gained in the week before and in the week after each release.
select
    repository.full_name,
    release.tag_name,
    release.published_at::date as released_on,
    sum(gained.stars) filter (where gained.day < release.published_at::date) as stars_before,
    sum(gained.stars) filter (where gained.day >= release.published_at::date) as stars_after
from release
inner join repository using (repository_id)
inner join star_history as gained
    on
        release.repository_id = gained.repository_id
        and gained.day between release.published_at::date - 7 and release.published_at::date + 6
group by repository.full_name, release.tag_name, release.published_at
order by released_on desc;
