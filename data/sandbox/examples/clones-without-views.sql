-- Clones without views: Many clones by few cloners and hardly any views: build servers, not readers.
with sums as (
    select full_name, sum(clones) as clones, sum(views) as views, sum(clone_uniques) as cloner_days
    from v_daily
    where clones_state = 'final' and views_state = 'final'
    group by full_name
)

select full_name, clones, views, round(clones / nullif(cloner_days, 0), 1) as clones_a_cloner_day
from sums
where clones > 2 * views
order by clones desc;
