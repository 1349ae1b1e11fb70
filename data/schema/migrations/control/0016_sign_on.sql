-- Signing on by the organization: who is let in without an invitation, and which groups of the provider give which roles.
-- `claim` is where a group's rule looks; `subdomains` is of a domain's rule. A grant that a group's rule has given has the
-- issuer in mapped_by, one given by hand has none. A row of password_stop: passwords are switched off. Times are UTC.
create table sign_on_rule (
    rule_id integer not null,
    kind text not null check (kind in ('domain', 'group')),
    issuer text not null,
    value text not null,
    claim text,
    subdomains boolean not null,
    lets_in boolean not null,
    role text not null check (role in ('admin', 'maintainer', 'tenant', 'tenant_viewer', 'repository_viewer')),
    tenant_id integer,
    repository_id integer,
    made_by text not null,
    made_at timestamp not null
);

create table password_stop (
    stopped_by text not null,
    stopped_at timestamp not null
);

alter table account_identity add column used_at timestamp;
alter table account_grant add column mapped_by text;
