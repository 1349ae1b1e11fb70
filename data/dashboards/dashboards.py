"""Dashboards: those that come with the program, and those that users save. A dashboard shows what its viewer may see.

What may be done with a saved one, and by whom, is that of every saved item: see data/accounts/saved_items.py.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from data.accounts.saved_items import SavedItem, SavedItems
from data.dashboards.specification import Dashboard, checked, parse_dashboard, written

CANNED = Path(__file__).parent / "canned"


@dataclass(frozen=True, slots=True)
class SavedDashboard(SavedItem):
    """A dashboard that somebody has saved; `specification` is its JSON."""

    specification: str

    def dashboard(self) -> Dashboard:
        return parse_dashboard(self.specification)


@cache
def canned_dashboards() -> MappingProxyType[str, Dashboard]:
    """The dashboards that come with the program, by the names that they have in addresses."""
    order = ("month-in-review", "where-visitors-come-from", "growth")
    texts = {name: (CANNED / f"{name}.json").read_text(encoding="utf-8") for name in order}
    return MappingProxyType({name: parse_dashboard(text) for name, text in texts.items()})


def _values(dashboard: Dashboard) -> dict[str, Any]:
    return {"name": dashboard.name, "specification": written(checked(dashboard))}


DASHBOARDS: SavedItems[Dashboard, SavedDashboard] = SavedItems(
    kind="dashboard",
    plural="dashboards",
    table="saved_dashboard",
    most=200,
    values=_values,
    item=SavedDashboard,
    select="""
        select
            saved_dashboard.dashboard_id, saved_dashboard.user_id, account.display_name, saved_dashboard.tenant_id,
            saved_dashboard.name, saved_dashboard.saved_at, saved_dashboard.specification
        from saved_dashboard inner join account using (user_id)
        where
            (saved_dashboard.tenant_id is null and saved_dashboard.user_id = $user_id)
            or saved_dashboard.tenant_id in (select unnest($tenant_ids))
        order by lower(saved_dashboard.name), saved_dashboard.dashboard_id
    """,
    select_count="select count(*) as saved from saved_dashboard where user_id = $user_id",
    insert="""
        insert into saved_dashboard (dashboard_id, user_id, tenant_id, name, specification, saved_at)
        values ($item_id, $user_id, null, $name, $specification, $now)
    """,
    update="""
        update saved_dashboard
        set name = $name, specification = $specification, saved_at = $now
        where dashboard_id = $item_id
    """,
    update_tenant="update saved_dashboard set tenant_id = $tenant_id, saved_at = $now where dashboard_id = $item_id",
    delete="delete from saved_dashboard where dashboard_id = $item_id",
)
