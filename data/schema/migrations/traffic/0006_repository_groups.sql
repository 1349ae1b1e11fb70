-- Named sets of a tenant's repositories: a product, a team. A group has one member at least; names are unique in a tenant,
-- letter case aside.

create table repository_group (
    group_id integer not null,
    tenant_id integer not null,
    name text not null
);

create table repository_group_member (
    group_id integer not null,
    repository_id integer not null
);
