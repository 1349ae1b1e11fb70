-- The groups that have a visible member. Grain: a group. Source: repository_group, and the members that were copied.
insert into repository_group
select
    known.group_id,
    known.tenant_id,
    known.name
from version.repository_group as known
where known.group_id in (select group_id from repository_group_member);
