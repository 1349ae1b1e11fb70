-- Shares the followed repositories among tenants, each (a variable) to one, as if every one had been collected three times a day
-- for two weeks up to now (a variable). Targets: tenant, repository, endpoint_state, collection_run, collection_result.
insert into tenant
select
    range::integer as tenant_id,
    'Benchmark ' || range as name,
    'daily' as schedule,
    true as active,
    getvariable('now') - interval 100 days as added_at,
    false as reads_actions
from range(2, 1 + getvariable('tenants'));

update repository
set tenant_id = 1 + (repository_id - 1) // getvariable('each');

insert into endpoint_state
select
    repository_id,
    unnest(['views', 'clones']) as endpoint,
    getvariable('now') - interval 3 hours as last_tried_at,
    getvariable('now') - interval 3 hours as last_good_at,
    'ok' as last_outcome,
    null as etag,
    null as etag_token_id
from repository;

insert into collection_run
select
    range::integer as run_id,
    'schedule' as trigger,
    getvariable('now') - interval 3 hours - (42 - range) * interval 8 hours as started_at,
    getvariable('now') - interval 2 hours - (42 - range) * interval 8 hours as ended_at,
    'partial' as state,
    2 * (select count(*) as repositories from repository) as requests,
    (select count(*) as repositories from repository) as repositories,
    null as message,
    null as fence
from range(1, 43);

insert into collection_result
select
    collection_run.run_id,
    endpoint_state.repository_id,
    endpoint_state.endpoint,
    collection_run.started_at + interval 10 minutes as finished_at,
    if(endpoint_state.repository_id % 97 = 0, 'not_found', 'ok') as outcome,
    if(endpoint_state.repository_id % 97 = 0, 404, 200) as status,
    if(endpoint_state.repository_id % 97 = 0, 'GitHub says: Not Found', null) as message,
    1 as rows_changed,
    60 as elapsed_ms
from collection_run
cross join endpoint_state;
