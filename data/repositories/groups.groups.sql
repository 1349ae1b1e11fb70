-- The groups with a visible member, by name, each with those members by name. Grain: a group. Source: v_groups.
with visible as (
    select unnest($visible::integer[]) as repository_id
)

select
    group_id,
    tenant_id,
    tenant,
    group_name,
    list(repository_id order by lower(full_name), repository_id) as repository_ids
from v_groups
where repository_id in (select repository_id from visible)
group by group_id, tenant_id, tenant, group_name
order by lower(group_name), lower(tenant), group_id;
