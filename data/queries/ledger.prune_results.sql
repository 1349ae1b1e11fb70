-- Forgets log rows that no longer help: good results after $good_before, all results after $all_before (UTC).
-- What was collected is never pruned.
delete from collection_result
where
    (finished_at < $good_before and outcome in ('ok', 'unchanged'))
    or finished_at < $all_before;
