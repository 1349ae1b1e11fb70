-- How many lists, windows and counters of an import are not known yet. What GitHub answered here itself stays.
-- Grain: one row. Source: the files $lists, $counters and $windows, matched_repository, snapshot, repository_stats,
-- traffic_window.
select
    (
        select count(distinct (matched_repository.repository_id, staged.listing, staged.observed_on))
        from read_parquet($lists) as staged
        inner join matched_repository using (source_number)
        anti join snapshot
            on
                matched_repository.repository_id = snapshot.repository_id
                and staged.listing = snapshot.listing
                and staged.observed_on = snapshot.observed_on
    ) as lists,
    (
        select count(distinct (matched_repository.repository_id, staged.metric, staged.first_day, staged.last_day))
        from read_parquet($windows) as staged
        inner join matched_repository using (source_number)
        anti join traffic_window
            on
                matched_repository.repository_id = traffic_window.repository_id
                and staged.metric = traffic_window.metric
                and staged.first_day = traffic_window.first_day
                and staged.last_day = traffic_window.last_day
                and staged.total = traffic_window.total
                and staged.uniques = traffic_window.uniques
    ) as windows,
    (
        select count(distinct (matched_repository.repository_id, staged.day))
        from read_parquet($counters) as staged
        inner join matched_repository using (source_number)
        anti join repository_stats
            on matched_repository.repository_id = repository_stats.repository_id and staged.day = repository_stats.day
    ) as counters;
