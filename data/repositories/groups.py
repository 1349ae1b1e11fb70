"""Groups of repositories: a product, a team. Named sets in a tenant, usable wherever repositories are chosen.

A group is never empty: it goes with the last repository that is removed from its tenant (repositories.py).

GroupRefused        there is no such group to see, or it cannot be so
NotAllowed          whoever acts may see it, not change it (see data/accounts/authority.py)
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from data.accounts.audit import NAMES_LIMIT, Change, Subject, change_of_traffic
from data.accounts.authority import NotAllowed
from data.accounts.grants import viewer_of
from data.accounts.models import Account, Viewer
from data.accounts.tenants import tenants
from data.refusals import Refused
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert, query

NAME_LIMIT = 80
NO_GROUP = "There is no such group."
NO_TENANT = "There is no such tenant."
READ_ONLY = "You can see groups, but only managers of the tenant can change them."
_NAME = re.compile(r"[^/#][^/]*")  # unlike OWNER/NAME and #12, which are repositories


class GroupRefused(Refused):
    """A group cannot be so, or is not there for this viewer; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group, with the members that its viewer sees, by name."""

    group_id: int
    tenant_id: int
    tenant: str
    name: str
    repository_ids: tuple[int, ...]


@cached("traffic")
def groups(viewer: Viewer, store: Store) -> tuple[Group, ...]:
    """The groups with a visible member, by name. A member for which another tenant's repository is counted is shown as
    that one; for what is done in one tenant: `viewer.of_each_tenant()`. Raises: StoreMissing.
    """
    visible = {"visible": sorted(viewer.of_each_tenant().repository_ids)}
    rows = store.traffic.rows(query(__name__, "groups"), visible)
    every = (Group(*row) for row in rows)
    return tuple(replace(g, repository_ids=tuple(dict.fromkeys(viewer.counted_each(g.repository_ids)))) for g in every)


@cached("traffic")
def group_names(viewer: Viewer, store: Store) -> Mapping[int, str]:
    """The visible groups by id, each under a name of its own: where two have the same, with their tenant."""
    visible = groups(viewer, store)
    times = Counter(each.name.casefold() for each in visible)
    return MappingProxyType(
        {g.group_id: g.name if times[g.name.casefold()] == 1 else f"{g.name} · {g.tenant}" for g in visible}
    )


def group_named(viewer: Viewer, store: Store, tenant_id: int, name: str) -> Group:
    """The tenant's visible group of that name, letter case aside. Raises: GroupRefused."""
    for group in groups(viewer, store):
        if group.tenant_id == tenant_id and group.name.casefold() == " ".join(name.split()).casefold():
            return group
    raise GroupRefused(f"There is no group {name!r}. See them: python -m collector group list")


def add_group(
    store: Store, by: str, tenant_id: int, name: str, repository_ids: Collection[int], *, now: datetime
) -> Group:
    """Make a group of a tenant's repositories. For the tenant's managers. Raises: GroupRefused, NotAllowed."""
    name = checked_name(name)
    with change_of_traffic(store, "adding a group", by, now) as change:
        tenant = _tenant_name(change.account, store, tenant_id)
        names = _checked_members(change, tenant_id, repository_ids)
        _refuse_taken(change, tenant_id, name)
        group_id = next_id(change.connection, "repository_group")
        row = {"group_id": group_id, "tenant_id": tenant_id, "name": name}
        insert(change.connection, "repository_group", row)
        _save_members(change, group_id, names)
        change.record("group added", Subject(f"group {name}", tenant_id), _listed(names))
    return Group(group_id, tenant_id, tenant, name, tuple(names))


def change_group(
    store: Store, by: str, group_id: int, name: str, repository_ids: Collection[int], *, now: datetime
) -> Group:
    """Give a group this name and these repositories. For the tenant's managers. Raises: GroupRefused, NotAllowed."""
    name = checked_name(name)
    with change_of_traffic(store, "changing a group", by, now) as change:
        former = _changeable(change, store, group_id)
        names = _checked_members(change, former.tenant_id, repository_ids)
        _refuse_taken(change, former.tenant_id, name, group_id)
        values = {"group_id": group_id, "name": name}
        change.connection.execute("update repository_group set name = $name where group_id = $group_id", values)
        _save_members(change, group_id, names)
        renamed = "" if name == former.name else f"{former.name} -> {name}: "
        change.record("group changed", Subject(f"group {name}", former.tenant_id), renamed + _listed(names))
    return Group(group_id, former.tenant_id, former.tenant, name, tuple(names))


def remove_group(store: Store, by: str, group_id: int, now: datetime) -> Group:
    """Delete a group; its repositories stay. Answers it as it was. Raises: GroupRefused, NotAllowed."""
    with change_of_traffic(store, "removing a group", by, now) as change:
        removed = _changeable(change, store, group_id)
        for table in ("repository_group", "repository_group_member"):
            delete = f"delete from {table} where group_id = $group_id"  # noqa: S608 - the two names above
            change.connection.execute(delete, {"group_id": group_id})
        change.record("group removed", Subject(f"group {removed.name}", removed.tenant_id))
    return removed


def checked_name(name: str) -> str:
    """A name in the spelling that is kept. Raises GroupRefused."""
    kept = " ".join(name.split())
    if not kept or len(kept) > NAME_LIMIT or not kept.isprintable():
        raise GroupRefused(f"A group's name has 1 to {NAME_LIMIT} printable characters.")
    if not _NAME.fullmatch(kept):
        raise GroupRefused("A group's name has no slash and does not begin with #: those are repositories.")
    return kept


def _tenant_name(account: Account, store: Store, tenant_id: int) -> str:
    """The name of a tenant that is theirs to manage. Raises: GroupRefused where there is none to see, NotAllowed."""
    visible = {each.tenant_id: each.name for each in tenants(viewer_of(store, account), store)}
    if tenant_id not in visible:
        raise GroupRefused(NO_TENANT)
    if not account.manages(tenant_id):
        raise NotAllowed(READ_ONLY)
    return visible[tenant_id]


def _changeable(change: Change, store: Store, group_id: int) -> Group:
    for group in groups(viewer_of(store, change.account).of_each_tenant(), store):
        if group.group_id == group_id:
            _tenant_name(change.account, store, group.tenant_id)
            return group
    raise GroupRefused(NO_GROUP)


def _checked_members(change: Change, tenant_id: int, repository_ids: Collection[int]) -> dict[int, str]:
    """The repositories of these ids, by name: one at least, all of them tracked by the tenant. Raises: GroupRefused."""
    if not repository_ids:
        raise GroupRefused("Choose at least one repository.")
    rows = change.connection.execute(
        "select repository_id, full_name from repository "
        "where tenant_id = $tenant_id and state <> 'removed' and list_contains($repository_ids, repository_id) "
        "order by lower(full_name)",
        {"tenant_id": tenant_id, "repository_ids": list(repository_ids)},
    ).fetchall()
    if len(rows) < len(set(repository_ids)):
        raise GroupRefused("There is no such repository in this tenant.")
    return dict(rows)


def _refuse_taken(change: Change, tenant_id: int, name: str, group_id: int | None = None) -> None:
    rows = change.connection.execute(
        "select group_id, name from repository_group where tenant_id = $tenant_id", {"tenant_id": tenant_id}
    ).fetchall()
    if name.casefold() in {taken.casefold() for key, taken in rows if key != group_id}:
        raise GroupRefused(f"There is already a group {name!r}.")


def _save_members(change: Change, group_id: int, names: Mapping[int, str]) -> None:
    values = {"group_id": group_id}
    change.connection.execute("delete from repository_group_member where group_id = $group_id", values)
    change.connection.execute(
        "insert into repository_group_member (group_id, repository_id) "
        "select $group_id as group_id, unnest($repository_ids::integer[]) as repository_id",
        values | {"repository_ids": list(names)},
    )


def _listed(names: Mapping[int, str]) -> str:
    return ", ".join(names.values())[:NAMES_LIMIT]
