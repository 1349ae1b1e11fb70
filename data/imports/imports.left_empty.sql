-- Those of some repositories that an import has added and of which nothing is known any more. Grain: a repository.
-- Source: repository, daily_traffic, imported_listing, imported_stats, traffic_window.
select repository_id
from repository
where
    list_contains($repository_ids, repository_id)
    and state = 'removed'
    and state_reason = $history_only
    and repository_id not in (
        select repository_id from daily_traffic where list_contains($repository_ids, repository_id)
        union all
        select repository_id from imported_listing where list_contains($repository_ids, repository_id)
        union all
        select repository_id from imported_stats where list_contains($repository_ids, repository_id)
        union all
        select repository_id from traffic_window where list_contains($repository_ids, repository_id)
    );
