"""Grants, and what follows from them: the one place that works out which repositories and tenants a user may see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from data.accounts.audit import Subject, record
from data.accounts.authority import (
    AccountRefused,
    NotAllowed,
    account_with_id,
    acting,
    keep_an_admin,
    may_grant,
    save_grant,
)
from data.accounts.models import Account, Grant, Role, Viewer
from data.accounts.tenants import operator
from data.calendar import aware
from data.store import Store
from data.store.cache import cached
from data.store.sql import query

FOR_A_TENANT = (Role.TENANT, Role.TENANT_VIEWER)

DOUBLED = """
with visible as (select unnest($visible::integer[]) as repository_id)
select repository_id
from repository
semi join visible using (repository_id)
qualify github_id is not null and count(*) over (partition by github_id) > 1
"""


@dataclass(frozen=True, slots=True)
class NamedGrant:
    """A grant as people read it; `tenant` and `repository` are names, None where the role is not for one."""

    grant: Grant
    tenant: str | None
    repository: str | None
    granted_by: str
    granted_at: datetime


def viewer_of(store: Store, account: Account) -> Viewer:
    """What a user may see: repositories whose rows, and tenants all of whose rows, are theirs to read.

    The roles tenant and tenant viewer show a tenant with all its repositories, a repository viewer's grants single
    ones, admin and maintainer nothing. A deactivated tenant shows nothing, and what has been deleted is gone.
    A disabled user sees nothing, the command line all that there is. A repository that two of a user's tenants track
    counts once.
    """
    if not account.active:
        return Viewer(frozenset(), frozenset())
    if account.is_command_line:
        return administered(account, store)
    return counted_once(_viewer(store, account.grants), store)


@cached("traffic")
def counted_once(viewer: Viewer, store: Store) -> Viewer:
    """The viewer with one of each repository: of those that several tenants track, the one that knows the most days.

    Most viewers see none twice, and then no days are asked for: on a lake that is what costs the most.
    """
    with store.traffic.read() as cursor:
        doubled = [key for (key,) in cursor.execute(DOUBLED, {"visible": list(viewer.repository_ids)}).fetchall()]
        rows = cursor.execute(query(__name__, "counted_once"), {"doubled": doubled}).fetchall() if doubled else []
    uncounted = frozenset((key, by) for key, by in rows)
    return Viewer(viewer.repository_ids - frozenset(dict(rows)), viewer.tenant_ids, uncounted)


def whole_tenant(store: Store, tenant_id: int) -> Viewer:
    """Who sees all of a tenant, as long as that is active: for what a badge or a share link shows of it."""
    return _viewer(store, (Grant(Role.TENANT_VIEWER, tenant_id),))


def managed_tenant(account: Account, store: Store, tenant_id: int) -> Viewer:
    """What somebody sees who manages that tenant, with each tenant's own repositories.

    Raises: NotAllowed where they do not; another tenant is answered like one that is not there.
    """
    viewer = viewer_of(store, account).of_each_tenant()
    if not account.manages(tenant_id) or tenant_id not in viewer.tenant_ids:
        raise NotAllowed("There is no such tenant.")
    return viewer


def administered(account: Account, store: Store) -> Viewer:
    """What a user administers, to list and to name it, not to show its traffic: an admin every tenant (deactivated
    ones included) and repository, a tenant's manager their tenants, unless deactivated.
    """
    if not account.active:
        return Viewer(frozenset(), frozenset())
    if account.has(Role.ADMIN):
        places = _places(store)
        return Viewer(frozenset(places.repositories), frozenset(places.tenants))
    return _viewer(store, tuple(grant for grant in account.grants if grant.role == Role.TENANT))


def log_viewer(account: Account, store: Store) -> Viewer:
    """What of the system log a user may read: admins and maintainers all of it, a tenant's manager the tenant's."""
    return operator(store) if account.may_collect_everything else administered(account, store)


@cached("control", "traffic")
def grants_of(account: Account, store: Store, user_id: int) -> tuple[NamedGrant, ...]:
    """The grants of a user that `account` may read, with names: their own, all for an admin, for a tenant's manager
    those of the tenant. Another tenant's user has none, like one that is not there.
    """
    everything = account.active and (account.has(Role.ADMIN) or account.user_id == user_id)
    given = (
        "select role, tenant_id, repository_id, granted_by, granted_at from account_grant where user_id = $user_id "
        "order by role, tenant_id, repository_id"
    )
    rows = store.control.rows(given, {"user_id": user_id})
    places = _places(store)
    return tuple(
        NamedGrant(
            Grant(Role(role), tenant_id, repository_id),
            places.tenants[tenant_id][0] if tenant_id in places.tenants else None,
            places.repositories[repository_id][1] if repository_id in places.repositories else None,
            by,
            aware(at),
        )
        for role, tenant_id, repository_id, by, at in rows
        if everything or (account.active and account.manages(tenant_id))
    )


def grant(store: Store, by: str, user_id: int, granted: Grant, now: datetime) -> None:
    """Give a user a grant; one that they have already stays one.

    An admin may grant everything; a tenant's manager may make viewers of the tenant and its repositories, of those
    who have a grant for the tenant already (others get an invitation). Raises: NotAllowed, AccountRefused.
    """
    with store.control.commit("granting") as connection:
        granter = acting(connection, by)
        placed = allowed(store, granter, [granted])[0]
        account = _account_for(connection, granter, user_id)
        give(connection, account, placed, by, now)


def revoke(store: Store, by: str, user_id: int, granted: Grant, now: datetime) -> None:
    """Take a grant away; what is not there stays so. The last active admin keeps the role.

    Raises: NotAllowed, AccountRefused.
    """
    with store.control.commit("revoking a grant") as connection:
        granter = acting(connection, by)
        account = _account_for(connection, granter, user_id)
        held = _held(account, granted)
        if not may_grant(granter, held or granted):
            raise NotAllowed("Only someone who can grant this can revoke it.")
        if held is None:
            return
        take(connection, account, held, by, now)


def give(
    connection: duckdb.DuckDBPyConnection,
    account: Account,
    placed: Grant,
    by: str,
    now: datetime,
    *,
    mapped_by: str | None = None,
) -> None:
    """Give a user a grant that is `allowed`, inside the caller's commit; `mapped_by`: see save_grant."""
    if save_grant(connection, account.user_id, placed, by, now, mapped_by=mapped_by):
        record(connection, "granted", _subject(account, placed), by, now, detail=described(placed))


def take(connection: duckdb.DuckDBPyConnection, account: Account, held: Grant, by: str, now: datetime) -> None:
    """Take a grant that a user has, inside the caller's commit. Raises AccountRefused: the last admin stays one."""
    if held.role == Role.ADMIN:
        keep_an_admin(connection, account.user_id)
    place = {"tenant_id": held.tenant_id, "repository_id": held.repository_id}
    connection.execute(
        "delete from account_grant where user_id = $user_id and role = $role "
        "and tenant_id is not distinct from $tenant_id::integer "
        "and repository_id is not distinct from $repository_id::integer",
        {"user_id": account.user_id, "role": held.role.value} | place,
    )
    record(connection, "revoked", _subject(account, held), by, now, detail=described(held))


def allowed(store: Store, granter: Account, grants: Iterable[Grant]) -> list[Grant]:
    """The grants with their tenants filled in, each once, when they are whole and theirs to give.

    Inside a commit of `control`: the lock is one, so nothing is deleted meanwhile. Raises: NotAllowed, AccountRefused.
    """
    places = _places(store)
    placed = list(dict.fromkeys(places.placed(each, granter) for each in grants))
    if not all(may_grant(granter, each) for each in placed):
        raise NotAllowed("You are not allowed to grant this.")
    return placed


def described(granted: Grant) -> str:
    """A grant in words, for the audit log: ids, since names change."""
    words = "manager" if granted.role is Role.TENANT else granted.role.value.replace("_", " ")
    if granted.repository_id is not None:
        return f"{words} of repository {granted.repository_id}"
    return words if granted.tenant_id is None else f"{words} of tenant {granted.tenant_id}"


@dataclass(frozen=True, slots=True)
class _Places:
    """What there is to grant: tenants (name, whether active) and repositories (tenant, name) by id."""

    tenants: dict[int, tuple[str, bool]]
    repositories: dict[int, tuple[int, str]]

    def placed(self, granted: Grant, granter: Account) -> Grant:
        """The grant with its tenant. A place that one may not grant for is answered like one that is not there."""
        if granted.role == Role.REPOSITORY_VIEWER:
            if granted.repository_id is None:
                raise AccountRefused(f"The role {granted.role} is for a repository. Name it.")
            repository = self.repositories.get(granted.repository_id)
            if repository is None or granted.tenant_id not in {None, repository[0]}:
                raise AccountRefused("There is no such repository.")
            granted = replace(granted, tenant_id=repository[0])
        elif granted.role in FOR_A_TENANT:
            if granted.tenant_id is None or granted.repository_id is not None:
                raise AccountRefused(f"The role {granted.role} is for a whole tenant. Name it, and no repository.")
            if granted.tenant_id not in self.tenants:
                raise AccountRefused("There is no such tenant.")
        elif granted.tenant_id is not None or granted.repository_id is not None:
            raise AccountRefused(f"The role {granted.role} is for the whole server, not for a tenant or a repository.")
        if granted.tenant_id is None or granter.has(Role.ADMIN):
            return granted
        if not granter.manages(granted.tenant_id) or not self.tenants[granted.tenant_id][1]:
            kind = "tenant" if granted.repository_id is None else "repository"
            raise AccountRefused(f"There is no such {kind}.")
        return granted


@cached("traffic")
def _places(store: Store) -> _Places:
    with store.traffic.read() as cursor:
        tenants = cursor.execute("select tenant_id, name, active from tenant").fetchall()
        repositories = cursor.execute("select repository_id, tenant_id, full_name from repository").fetchall()
    return _Places(
        {key: (name, active) for key, name, active in tenants},
        {key: (tenant_id, full_name) for key, tenant_id, full_name in repositories},
    )


@cached("traffic")
def _viewer(store: Store, given: tuple[Grant, ...]) -> Viewer:
    values = {
        "tenant_ids": [grant.tenant_id for grant in given if grant.role in FOR_A_TENANT],
        "repository_ids": [grant.repository_id for grant in given if grant.role == Role.REPOSITORY_VIEWER],
    }
    rows = store.traffic.rows(query(__name__, "viewer_of"), values)
    repositories = frozenset(key for kind, key in rows if kind == "repository")
    return Viewer(repositories, frozenset(key for kind, key in rows if kind == "tenant"))


def _account_for(connection: duckdb.DuckDBPyConnection, granter: Account, user_id: int) -> Account:
    """The user, where whoever acts may know them. Raises AccountRefused, alike for a hidden user and for nobody."""
    account = account_with_id(connection, user_id)
    if granter.has(Role.ADMIN) or any(granter.manages(each.tenant_id) for each in account.grants):
        return account
    raise AccountRefused("There is no such user.")


def _held(account: Account, granted: Grant) -> Grant | None:
    """The grant as the user has it, the tenant of a repository viewer filled in."""
    if granted.role == Role.REPOSITORY_VIEWER and granted.tenant_id is None:
        same = [each for each in account.grants if each.repository_id == granted.repository_id]
        return next((each for each in same if each.role == granted.role), None)
    return granted if granted in account.grants else None


def _subject(account: Account, granted: Grant) -> Subject:
    return Subject(f"user {account.username}", granted.tenant_id)
