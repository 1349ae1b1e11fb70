-- What a commit does with days at the least: the greatest reading of each metric of a day stands.
-- Grain in: incoming_day, one reading (repository_id, day, metric, observed_at, count, uniques). Target: daily_traffic.
merge into daily_traffic as stored
using (
    select
        repository_id,
        day,
        max(count) filter (where metric = 'views') as views,
        max(uniques) filter (where metric = 'views') as view_uniques,
        max(count) filter (where metric = 'clones') as clones,
        max(uniques) filter (where metric = 'clones') as clone_uniques
    from incoming_day
    group by repository_id, day
) as fresh
on stored.repository_id = fresh.repository_id and stored.day = fresh.day
when matched and (fresh.views, fresh.view_uniques) > (stored.views, stored.view_uniques) then update set
    views = fresh.views,
    view_uniques = fresh.view_uniques
when matched and (fresh.clones, fresh.clone_uniques) > (stored.clones, stored.clone_uniques) then update set
    clones = fresh.clones,
    clone_uniques = fresh.clone_uniques
when not matched then insert (repository_id, day, views, view_uniques, clones, clone_uniques)
values (fresh.repository_id, fresh.day, fresh.views, fresh.view_uniques, fresh.clones, fresh.clone_uniques);
