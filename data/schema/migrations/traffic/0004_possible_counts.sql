-- What GitHub cannot mean (more than 10^12) goes: sums of it would not fit into 64 bits. A day gets the greatest possible
-- reading that was seen of it before, or is unknown. The collector refuses such counts from now on.
update daily_traffic
set
    views = possible.views,
    view_uniques = possible.view_uniques,
    views_source = case when possible.views is not null then daily_traffic.views_source end
from (
    select
        daily_traffic.repository_id,
        daily_traffic.day,
        max(count_before) as views,
        arg_max(uniques_before, count_before) as view_uniques
    from daily_traffic
    left join traffic_revision
        on
            daily_traffic.repository_id = traffic_revision.repository_id
            and daily_traffic.day = traffic_revision.day
            and traffic_revision.metric = 'views'
            and traffic_revision.count_before <= 1000000000000
    where daily_traffic.views > 1000000000000
    group by daily_traffic.repository_id, daily_traffic.day
) as possible
where daily_traffic.repository_id = possible.repository_id and daily_traffic.day = possible.day;

update daily_traffic
set
    clones = possible.clones,
    clone_uniques = possible.clone_uniques,
    clones_source = case when possible.clones is not null then daily_traffic.clones_source end
from (
    select
        daily_traffic.repository_id,
        daily_traffic.day,
        max(count_before) as clones,
        arg_max(uniques_before, count_before) as clone_uniques
    from daily_traffic
    left join traffic_revision
        on
            daily_traffic.repository_id = traffic_revision.repository_id
            and daily_traffic.day = traffic_revision.day
            and traffic_revision.metric = 'clones'
            and traffic_revision.count_before <= 1000000000000
    where daily_traffic.clones > 1000000000000
    group by daily_traffic.repository_id, daily_traffic.day
) as possible
where daily_traffic.repository_id = possible.repository_id and daily_traffic.day = possible.day;

update weekly_traffic
set views = null, view_uniques = null, views_complete = false
where views > 1000000000000;

update weekly_traffic
set clones = null, clone_uniques = null, clones_complete = false
where clones > 1000000000000;

update repository_stats
set
    stars = case when stars <= 1000000000000 then stars end,
    forks = case when forks <= 1000000000000 then forks end,
    watchers = case when watchers <= 1000000000000 then watchers end,
    open_issues_and_pull_requests = case
        when open_issues_and_pull_requests <= 1000000000000 then open_issues_and_pull_requests
    end,
    size_kb = case when size_kb <= 1000000000000 then size_kb end
where greatest(stars, forks, watchers, open_issues_and_pull_requests, size_kb) > 1000000000000;

delete from traffic_revision where greatest(count, count_before) > 1000000000000;
delete from traffic_window where greatest(total, uniques) > 1000000000000;
delete from referrer_snapshot where views > 1000000000000;
delete from path_snapshot where views > 1000000000000;
delete from star_history where stars > 1000000000000;
delete from release_download where downloads > 1000000000000;
delete from spike where value > 1000000000000;
