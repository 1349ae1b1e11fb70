"""Dashboards: the canned ones, and those that users keep for themselves or share in a tenant. They lie in `control`.

One's own is nobody else's to see. A shared one is for those who see the whole tenant, and changed by those who manage
it. What a dashboard shows is what whoever opens it may see.

DashboardRefused    there is no such dashboard to see, or it cannot be so
NotAllowed          whoever acts may see it, but not change it (see data/accounts/authority.py)
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from data.accounts import sharing
from data.accounts.audit import Subject
from data.accounts.grants import viewer_of
from data.accounts.models import Account
from data.calendar import aware, stored
from data.dashboards.dashboard_shapes import Dashboard
from data.dashboards.dashboard_specification import checked, parse_dashboard, written
from data.store import Store
from data.store.ids import next_id
from data.store.sql import query

CANNED = Path(__file__).parent / "canned"
MOST = 200  # of one user
THINGS = "dashboards"
NONE_SUCH = "There is no such dashboard."


class DashboardRefused(Exception):
    """There is no such dashboard, or it cannot be so; the sentence says why."""


@dataclass(frozen=True, slots=True)
class SavedDashboard:
    """A dashboard that somebody keeps; without a tenant it is its owner's alone. `specification` is its JSON."""

    dashboard_id: int
    user_id: int
    owner: str
    tenant_id: int | None
    name: str
    specification: str
    saved_at: datetime

    def dashboard(self) -> Dashboard:
        """What it is made of. Raises: SpecificationRefused where another release has saved it."""
        return parse_dashboard(self.specification)

    def may_change(self, account: Account) -> bool:
        """Whether this user may change, share and remove it."""
        return sharing.may_change(self, account)


@cache
def canned_dashboards() -> MappingProxyType[str, Dashboard]:
    """The dashboards that come with the program, by the names that they have in addresses."""
    order = ("month-in-review", "where-visitors-come-from", "growth")
    texts = {name: (CANNED / f"{name}.json").read_text(encoding="utf-8") for name in order}
    return MappingProxyType({name: parse_dashboard(text) for name, text in texts.items()})


def dashboards(account: Account, store: Store) -> list[SavedDashboard]:
    """The user's own dashboards, and those shared in tenants that they see as a whole, by name."""
    with store.control.read() as cursor:
        return _visible(cursor, store, account)


def dashboard_with_id(account: Account, store: Store, dashboard_id: int) -> SavedDashboard:
    """The dashboard of that id. Raises: DashboardRefused, the same for a stranger's and for none at all."""
    with store.control.read() as cursor:
        return _one(cursor, store, account, dashboard_id)


def add_dashboard(store: Store, by: str, dashboard: Dashboard, now: datetime) -> int:
    """Keep a new dashboard for whoever acts. Answers its id. Raises: SpecificationRefused, DashboardRefused."""
    specification = written(checked(dashboard))
    with store.control.commit("saving a dashboard") as connection:
        account = sharing.acting_user(connection, by, THINGS)
        own = "select count(*) as own from saved_dashboard where user_id = $user_id"
        ((count,),) = connection.execute(own, {"user_id": account.user_id}).fetchall()
        if count >= MOST:
            raise DashboardRefused(f"You have {MOST} dashboards, which is the most. Remove one first.")
        dashboard_id = next_id(connection, "saved_dashboard")
        values = {"dashboard_id": dashboard_id, "user_id": account.user_id, "name": dashboard.name}
        connection.execute(query(__name__, "add"), values | {"specification": specification, "now": stored(now)})
    return dashboard_id


def save_dashboard(store: Store, by: str, dashboard_id: int, dashboard: Dashboard, now: datetime) -> None:
    """Change a dashboard, its name included. Raises: SpecificationRefused, DashboardRefused, NotAllowed."""
    specification = written(checked(dashboard))
    with store.control.commit("saving a dashboard") as connection:
        found = _changeable(connection, store, by, dashboard_id)
        _save(connection, found, now, name=dashboard.name, specification=specification)
        sharing.note_shared(connection, "shared dashboard changed", _subject(found), (by, now), dashboard.name)


def share_dashboard(store: Store, by: str, dashboard_id: int, tenant_id: int, now: datetime) -> None:
    """Show a dashboard to all who see the whole tenant. For those who manage it.

    Raises: DashboardRefused, NotAllowed.
    """
    with store.control.commit("sharing a dashboard") as connection:
        account = sharing.acting_user(connection, by, THINGS)
        found = _changeable(connection, store, by, dashboard_id)
        sharing.refuse_to_share(store, account, tenant_id, THINGS)
        _save(connection, found, now, tenant_id=tenant_id)
        sharing.note_shared(connection, "dashboard shared", _subject(found, tenant_id), (by, now), found.name)


def unshare_dashboard(store: Store, by: str, dashboard_id: int, now: datetime) -> None:
    """Give a shared dashboard back to its owner alone. Raises: DashboardRefused, NotAllowed."""
    with store.control.commit("ending the sharing of a dashboard") as connection:
        found = _changeable(connection, store, by, dashboard_id)
        _save(connection, found, now, tenant_id=None)
        sharing.note_shared(connection, "dashboard no longer shared", _subject(found), (by, now), found.name)


def remove_dashboard(store: Store, by: str, dashboard_id: int, now: datetime) -> None:
    """Delete a dashboard. Raises: DashboardRefused, NotAllowed."""
    with store.control.commit("removing a dashboard") as connection:
        found = _changeable(connection, store, by, dashboard_id)
        gone = "delete from saved_dashboard where dashboard_id = $dashboard_id"
        connection.execute(gone, {"dashboard_id": dashboard_id})
        sharing.note_shared(connection, "shared dashboard removed", _subject(found), (by, now), found.name)


def _visible(
    connection: duckdb.DuckDBPyConnection, store: Store, account: Account, dashboard_id: int | None = None
) -> list[SavedDashboard]:
    if not account.active:
        return []
    tenant_ids = sorted(viewer_of(store, account).tenant_ids)
    values = {"user_id": account.user_id, "tenant_ids": tenant_ids, "dashboard_id": dashboard_id}
    rows = connection.execute(query(__name__, "dashboards"), values).fetchall()
    told = [(*row[:-1], aware(row[-1])) for row in rows]
    return [SavedDashboard(*each) for each in told]


def _one(connection: duckdb.DuckDBPyConnection, store: Store, account: Account, dashboard_id: int) -> SavedDashboard:
    found = _visible(connection, store, account, dashboard_id) if 0 < dashboard_id < 2**31 else []
    if not found:
        raise DashboardRefused(NONE_SUCH)
    return found[0]


def _changeable(connection: duckdb.DuckDBPyConnection, store: Store, by: str, dashboard_id: int) -> SavedDashboard:
    account = sharing.acting_user(connection, by, THINGS)
    found = _one(connection, store, account, dashboard_id)
    sharing.refuse_to_change(found, account, THINGS)
    return found


def _save(connection: duckdb.DuckDBPyConnection, found: SavedDashboard, now: datetime, **changed: Any) -> None:
    values = {
        "dashboard_id": found.dashboard_id,
        "name": found.name,
        "specification": found.specification,
        "tenant_id": found.tenant_id,
    }
    connection.execute(query(__name__, "save"), values | changed | {"now": stored(now)})


def _subject(found: SavedDashboard, tenant_id: int | None = None) -> Subject:
    return Subject(f"dashboard {found.dashboard_id}", tenant_id or found.tenant_id)
