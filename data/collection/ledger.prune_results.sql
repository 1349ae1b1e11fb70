-- Forgets log rows that no longer help: good and skipped results before $good_before, all results before $all_before (UTC).
-- What was collected is never pruned.
delete from collection_result
where
    (finished_at < $good_before and outcome in (select unnest($harmless)))
    or finished_at < $all_before;
