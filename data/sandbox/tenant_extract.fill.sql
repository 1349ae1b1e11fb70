-- The visible members of groups; for one that is counted with another tenant's, that one. Grain: a group and repository.
-- Source: repository_group_member. The lists of the uncounted ones and of those that stand for them are as long as each other.
insert into repository_group_member
select distinct
    member.group_id,
    coalesce(stands.counted, member.repository_id) as repository_id
from version.repository_group_member as member
left join (
    select
        unnest($uncounted::integer[]) as uncounted,
        unnest($counted::integer[]) as counted
) as stands on member.repository_id = stands.uncounted
where coalesce(stands.counted, member.repository_id) in (select unnest($visible::integer[]));

-- The groups that have a visible member. Grain: a group. Source: repository_group, and the members that were copied.
insert into repository_group
select
    known.group_id,
    known.tenant_id,
    known.name
from version.repository_group as known
where known.group_id in (select group_id from repository_group_member);

-- The tenants of the visible repositories and groups, and those that are seen whole. Grain: a tenant. Source: tenant, repository.
insert into tenant
select
    tenant.tenant_id,
    tenant.name,
    tenant.schedule,
    tenant.active,
    tenant.added_at,
    tenant.reads_actions
from version.tenant as tenant
where
    tenant.tenant_id in (select unnest($tenant_ids::integer[]))
    or tenant.tenant_id in (
        select repository.tenant_id
        from version.repository as repository
        where repository.repository_id in (select unnest($visible::integer[]))
    )
    or tenant.tenant_id in (select tenant_id from repository_group);

-- The notes that a viewer may read: of visible repositories, and of tenants that are seen whole. Grain: a note. Source: note.
insert into note
select
    note.note_id,
    note.tenant_id,
    note.repository_id,
    note.day,
    note.note,
    note.link,
    note.added_at
from version.note as note
where
    note.repository_id in (select unnest($visible::integer[]))
    or (note.repository_id is null and note.tenant_id in (select unnest($tenant_ids::integer[])));

-- The attempts to send reports and alerts of tenants that are seen whole. Grain: an attempt. Source: delivery_attempt.
insert into delivery_attempt
select attempt.*
from version.delivery_attempt as attempt
where attempt.tenant_id in (select unnest($tenant_ids::integer[]));

-- How each endpoint of the visible repositories stands, without the marks by which the collector asks again.
-- Grain: a repository and endpoint. Source: endpoint_state. Times are UTC.
insert into endpoint_state
select
    state.repository_id,
    state.endpoint,
    state.last_tried_at,
    state.last_good_at,
    state.last_outcome,
    null as etag,
    null as etag_token_id
from version.endpoint_state as state
where state.repository_id in (select unnest($visible::integer[]));

-- The runs that asked about visible repositories, counting those alone. Requests and message include others': unknown.
-- Grain: a run. Source: collection_run, collection_result. Times are UTC.
insert into collection_run
select
    run.run_id,
    run.trigger,
    run.started_at,
    run.ended_at,
    run.state,
    null as requests,
    seen.repositories,
    null as message,
    null as fence
from version.collection_run as run
inner join (
    select
        run_id,
        count(distinct repository_id) as repositories
    from version.collection_result
    where repository_id in (select unnest($visible::integer[]))
    group by run_id
) as seen using (run_id);
