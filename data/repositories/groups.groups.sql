-- The groups with a visible member, by name, each with those members by name. Grain: a group. Source: v_groups.
select
    group_id,
    tenant_id,
    tenant,
    group_name,
    list(repository_id order by lower(full_name), repository_id) as repository_ids
from v_groups
where repository_id in (select unnest($visible::integer[]))
group by group_id, tenant_id, tenant, group_name
order by lower(group_name), lower(tenant), group_id;
