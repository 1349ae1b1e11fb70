-- Notes an import that was made. Grain: an import. Target: import_batch. Times are UTC.
insert into import_batch (
    batch_id, tenant_id, imported_at, user_id, tool, source, digest, repositories, first_day, last_day,
    readings_new, readings_greater, readings_equal, readings_smaller, days_won, gaps_closed, lists, windows, counters,
    rows_refused
)
values (
    $batch_id, $tenant_id, $imported_at, $user_id, $tool, $source, $digest, $repositories, $first_day, $last_day,
    $new, $greater, $equal, $smaller, $days_won, $gaps_closed, $lists, $windows, $counters, $refused
);
