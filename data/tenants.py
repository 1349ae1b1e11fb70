"""Tenants: who follows repositories, with whose token, on which schedule.

TenantRefused      the name or the tenant is not acceptable, with the reason
"""

from datetime import datetime

from data.calendar import stored
from data.identity import next_id
from data.models import Tenant, Viewer
from data.sql import query
from data.store import Store

NAME_LIMIT = 80


class TenantRefused(Exception):
    """A tenant cannot be added, found or changed; the sentence says why."""


def operator(store: Store) -> Viewer:
    """Whoever may run commands on the server, and so open its files: sees every tenant and repository."""
    with store.traffic.read() as cursor:
        tenant_ids = cursor.execute("select tenant_id from tenant").fetchall()
        repository_ids = cursor.execute("select repository_id from repository").fetchall()
    return Viewer(frozenset(row[0] for row in repository_ids), frozenset(row[0] for row in tenant_ids))


def tenants(viewer: Viewer, store: Store) -> list[Tenant]:
    """The visible tenants by name."""
    with store.traffic.read() as cursor:
        rows = cursor.execute(query("tenants.tenants"), {"visible": list(viewer.tenant_ids)}).fetchall()
    return [Tenant(*row) for row in rows]


def tenant_named(viewer: Viewer, store: Store, name: str) -> Tenant:
    """The visible tenant of that name, letter case aside. Raises TenantRefused where there is none."""
    for tenant in tenants(viewer, store):
        if tenant.name.casefold() == name.strip().casefold():
            return tenant
    raise TenantRefused(f"There is no tenant {name!r}. See them: python -m collector tenant list")


def add_tenant(store: Store, name: str, schedule: str, now: datetime) -> Tenant:
    """Add a tenant; its name must be new. Raises TenantRefused."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise TenantRefused(f"A tenant's name has 1 to {NAME_LIMIT} printable characters.")
    with store.traffic.commit("adding a tenant") as connection:
        names = connection.execute("select name from tenant").fetchall()
        if name.casefold() in {existing.casefold() for (existing,) in names}:
            raise TenantRefused(f"There is already a tenant {name!r}.")
        tenant_id = next_id(connection, "tenant")
        connection.execute(
            "insert into tenant values ($tenant_id, $name, $schedule, true, $now)",
            {"tenant_id": tenant_id, "name": name, "schedule": schedule, "now": stored(now)},
        )
    return Tenant(tenant_id, name, schedule, True)


def save_schedule(store: Store, tenant_id: int, schedule: str) -> None:
    """Change when a tenant collects; the caller has checked the schedule's form."""
    with store.traffic.commit("changing a schedule") as connection:
        connection.execute(
            "update tenant set schedule = $schedule where tenant_id = $tenant_id",
            {"schedule": schedule, "tenant_id": tenant_id},
        )
