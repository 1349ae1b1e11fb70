"""What the repositories' page shows, worked out once a version of the store and day for each viewer and choice.

Asked at every run and shared by all who may see it: nothing here is to be changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any

from pandas import DataFrame

from data.accounts.models import Viewer
from data.accounts.tenants import tenants
from data.calendar import utc_day, utc_now
from data.store.arrow import arrow_table
from pages.repositories import overview
from pages.repositories.standing import counted
from pages.ui import messages, readers
from pages.ui.store import the_store

MOST_WARNED = 4
SUMS = {"Views, 30 days": "views_30", "Clones, 30 days": "clones_30", "Stars": "stars"}


@dataclass(frozen=True, slots=True)
class Glance:
    """All repositories of a viewer: what the followed ones add up to (None: unknown), what needs attention (Markdown,
    or empty), how many there are in each choice of state, and the tenants that have some to collect.
    """

    sums: Mapping[str, int | None]
    warning: str
    counts: Mapping[str, int]
    collecting: frozenset[int]


@dataclass(frozen=True, slots=True)
class Listed:
    """The repositories that are wanted, in order: as an Arrow table, their ids, a name for just these in this order."""

    table: Any
    ids: tuple[int, ...]
    digest: str


def glance(viewer: Viewer) -> Glance | None:
    """All repositories of a viewer; None where there are none."""
    return _glance(viewer, readers.place(), utc_day(utc_now()))


def listed(viewer: Viewer, sieve: overview.Sieve) -> Listed:
    """Those of them that are wanted."""
    return _listed(viewer, readers.place(), utc_day(utc_now()), sieve)


@lru_cache(maxsize=64)
def _glance(viewer: Viewer, place: readers.Place, day: date) -> Glance | None:
    rows = overview.read(viewer)
    if rows.empty:
        return None
    followed = rows[rows["state"] != "removed"]
    sums: dict[str, int | None] = {"Followed": len(followed)}
    for name, column in SUMS.items():
        known = followed[column].dropna()
        sums[name] = int(known.sum()) if len(known) else None
    collecting = rows.loc[~rows["state"].isin(["paused", "removed"]), "tenant_id"]
    return Glance(sums, _warning(rows), overview.groups(rows), frozenset(int(key) for key in collecting))


def _warning(rows: DataFrame) -> str:
    """What needs somebody's attention, the most urgent first."""
    urgent = rows[rows["urgent"]].sort_values("days_until_loss", na_position="first")
    if urgent.empty:
        return ""
    lines = [
        f"- **{messages.literal(name)}**: {messages.literal(text)}"
        for name, text in urgent[["full_name", "note"]].head(MOST_WARNED).itertuples(index=False)
    ]
    if len(urgent) > MOST_WARNED:
        lines.append(f"- and {len(urgent) - MOST_WARNED:,} more: choose *{overview.URGENT}* below.")
    verb = "needs" if len(urgent) == 1 else "need"
    return "\n".join([f"**{counted(len(urgent), 'repository')} {verb} attention**", "", *lines])


@lru_cache(maxsize=64)
def _listed(viewer: Viewer, place: readers.Place, day: date, sieve: overview.Sieve) -> Listed:
    rows = overview.sifted(overview.read(viewer), sieve)
    names = {each.tenant_id: each.name for each in tenants(viewer, the_store())}
    ids = tuple(int(key) for key in rows["repository_id"])
    digest = sha256(str(ids).encode()).hexdigest()[:12]
    return Listed(arrow_table(overview.arranged(rows, names)), ids, digest)
