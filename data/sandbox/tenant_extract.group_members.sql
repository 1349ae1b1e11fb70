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
