"""Tenants: who tracks repositories, with whose token, on which schedule.

TenantRefused      the name or the tenant is not acceptable, with the reason
"""

from datetime import datetime

import duckdb

from data.accounts.audit import about_tenant, change_of_traffic
from data.accounts.authority import refuse_but_admins, refuse_but_managers
from data.accounts.models import Tenant, Viewer
from data.calendar import stored
from data.refusals import Refused
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert

NAME_LIMIT = 80


class TenantRefused(Refused):
    """A tenant cannot be added, found or changed; the sentence says why."""


@cached("traffic")
def operator(store: Store) -> Viewer:
    """What the command line sees: every tenant and repository. As who acts it is COMMAND_LINE (authority.py)."""
    with store.traffic.read() as cursor:
        tenant_ids = frozenset(key for (key,) in cursor.execute("select tenant_id from tenant").fetchall())
        repository_ids = frozenset(key for (key,) in cursor.execute("select repository_id from repository").fetchall())
    return Viewer(repository_ids, tenant_ids)


@cached("traffic")
def tenants(viewer: Viewer, store: Store) -> tuple[Tenant, ...]:
    rows = store.traffic.rows(
        "select tenant_id, name, schedule, active, reads_actions from tenant "
        "where tenant_id in (select unnest($visible)) order by name",
        {"visible": list(viewer.tenant_ids)},
    )
    return tuple(Tenant(*row) for row in rows)


def tenant_named(viewer: Viewer, store: Store, name: str) -> Tenant:
    for tenant in tenants(viewer, store):
        if tenant.name.casefold() == " ".join(name.split()).casefold():
            return tenant
    raise TenantRefused(f"There is no tenant {name!r}. See them: python -m collector tenant list")


@cached("traffic")
def has_tenants(store: Store) -> bool:
    return bool(store.traffic.rows("select 1 as present from tenant limit 1"))


def add_tenant(store: Store, by: str, name: str, schedule: str, now: datetime) -> Tenant:
    """Admins only; the caller has checked the schedule's form. Raises: NotAllowed, TenantRefused."""
    name = checked_name(name)
    with change_of_traffic(store, "adding a tenant", by, now) as change:
        refuse_but_admins(change.account)
        _refuse_taken(change.connection, name)
        tenant_id = next_id(change.connection, "tenant")
        row = {"tenant_id": tenant_id, "name": name, "schedule": schedule, "active": True, "added_at": stored(now)}
        insert(change.connection, "tenant", row)
        change.record("tenant added", about_tenant(tenant_id), name)
    return Tenant(tenant_id, name, schedule, True)


def save_schedule(store: Store, by: str, tenant_id: int, schedule: str, now: datetime) -> None:
    """Change when a tenant collects; the caller has checked the schedule's form. For admins and the tenant's manager.

    Raises: NotAllowed, TenantRefused.
    """
    with change_of_traffic(store, "changing a schedule", by, now) as change:
        refuse_but_managers(change.account, tenant_id)
        _name_of(change.connection, tenant_id)
        values = {"schedule": schedule, "tenant_id": tenant_id}
        change.connection.execute("update tenant set schedule = $schedule where tenant_id = $tenant_id", values)
        change.record("schedule changed", about_tenant(tenant_id), schedule)


def set_reads_actions(store: Store, by: str, tenant_id: int, reads: bool, now: datetime) -> None:
    """Have a tenant's workflow runs counted, or no more; what was counted stays. For admins and the tenant's manager.

    Raises: NotAllowed, TenantRefused.
    """
    with change_of_traffic(store, "choosing whether workflow runs are counted", by, now) as change:
        refuse_but_managers(change.account, tenant_id)
        name = _name_of(change.connection, tenant_id)
        values = {"tenant_id": tenant_id, "reads": reads}
        change.connection.execute("update tenant set reads_actions = $reads where tenant_id = $tenant_id", values)
        change.record(f"counting of workflow runs {'begun' if reads else 'ended'}", about_tenant(tenant_id), name)


def rename_tenant(store: Store, by: str, tenant_id: int, name: str, now: datetime) -> None:
    """Give a tenant another name, a new one. Admins only. Raises: NotAllowed, TenantRefused."""
    name = checked_name(name)
    with change_of_traffic(store, "renaming a tenant", by, now) as change:
        refuse_but_admins(change.account)
        former = _name_of(change.connection, tenant_id)
        _refuse_taken(change.connection, name, tenant_id)
        values = {"tenant_id": tenant_id, "name": name}
        change.connection.execute("update tenant set name = $name where tenant_id = $tenant_id", values)
        change.record("tenant renamed", about_tenant(tenant_id), f"{former} -> {name}")


def set_tenant_active(store: Store, by: str, tenant_id: int, active: bool, now: datetime) -> None:
    """Stop collecting a tenant and showing its traffic, all of which is kept; or begin again. Admins only.

    Raises: NotAllowed, TenantRefused.
    """
    word = "activated" if active else "deactivated"
    with change_of_traffic(store, f"marking a tenant {word}", by, now) as change:
        refuse_but_admins(change.account)
        name = _name_of(change.connection, tenant_id)
        values = {"tenant_id": tenant_id, "active": active}
        change.connection.execute("update tenant set active = $active where tenant_id = $tenant_id", values)
        change.record(f"tenant {word}", about_tenant(tenant_id), name)


def checked_name(name: str) -> str:
    """A name in the spelling that is kept. Raises TenantRefused."""
    name = name.strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise TenantRefused(f"A tenant's name has 1 to {NAME_LIMIT} printable characters, on one line.")
    return " ".join(name.split())


def _name_of(connection: duckdb.DuckDBPyConnection, tenant_id: int) -> str:
    for (name,) in connection.execute("select name from tenant where tenant_id = $id", {"id": tenant_id}).fetchall():
        return str(name)
    raise TenantRefused("There is no such tenant.")


def _refuse_taken(connection: duckdb.DuckDBPyConnection, name: str, tenant_id: int | None = None) -> None:
    rows = connection.execute("select tenant_id, name from tenant").fetchall()
    if name.casefold() in {existing.casefold() for key, existing in rows if key != tenant_id}:
        raise TenantRefused(f"There is already a tenant {name!r}.")
