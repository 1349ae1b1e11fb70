-- The repositories that an import has brought something of. Grain: a repository.
-- Source: imported_day, imported_listing, imported_stats, traffic_window.
select repository_id from imported_day where batch_id = $batch_id
union
select repository_id from imported_listing where batch_id = $batch_id
union
select repository_id from imported_stats where batch_id = $batch_id
union
select repository_id from traffic_window where batch_id = $batch_id;
