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
    most=200,
    columns=("specification",),
    values=_values,
    item=SavedDashboard,
)
