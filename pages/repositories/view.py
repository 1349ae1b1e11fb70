"""What the page of repositories shows: sums, warnings, and the list, filtered and sorted.

Worked out once a version of the store and day for each viewer and choice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any

import streamlit as st

from data.accounts.models import Viewer
from data.accounts.tenants import tenants
from data.collection.health import NEAR_DAYS, Finding
from data.store import Store
from data.store.arrow import arrow_columns
from data.store.cache import cached
from data.text import counted
from pages.ui import tables
from pages.ui.repository_status import COLOURS, attention, repository_rows
from pages.ui.time_format import moment_column

TICKS = "repositories_rows"  # the table whose ticks say on what is acted; an action uses them up
TRACKED, URGENT, PAUSED, REMOVED, EVERYTHING = "Tracked", "Needs attention", "Paused", "Removed", "All"
DAYS_LEFT = "Days until GitHub deletes data"
SORTS: dict[str, tuple[str, bool] | None] = {  # the column, and whether the greatest comes first
    "Name": None,
    "Views": ("views_30", True),
    "Clones": ("clones_30", True),
    "Stars": ("stars", True),
    DAYS_LEFT: ("days_until_loss", False),
    "Last collected": ("last_collected_at", True),
}
ORDER = (
    *("link", "words", "views_30", "clones_30", "sparkline", "days_left", "last_collected_at"),
    *("stars", "tenant", "kind", "note"),
)
CHOICES: dict[str, Callable[[str, bool], bool]] = {  # whether a repository in a state, urgent or not, is one of them
    TRACKED: lambda state, _: state != "removed",
    URGENT: lambda _, urgent: urgent,
    PAUSED: lambda state, _: state == "paused",
    REMOVED: lambda state, _: state == "removed",
    EVERYTHING: lambda _, __: True,
}
SUMS = {"Views, 30 days": "views_30", "Clones, 30 days": "clones_30", "Stars": "stars"}


@dataclass(frozen=True, slots=True)
class RepositoryFilter:
    text: str
    state: str
    tenant_id: int | None
    sort: str
    repository_ids: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """All repositories of a viewer: what the tracked ones add up to (None: unknown), what needs attention (Markdown,
    or empty), how many there are in each choice of state, and the tenants that have some to collect.
    """

    sums: Mapping[str, int | None]
    warning: str
    counts: Mapping[str, int]
    collecting: frozenset[int]


@dataclass(frozen=True, slots=True)
class FilteredRepositories:
    """The repositories that are wanted, in order: as an Arrow table, their ids, a name for just these in this order."""

    table: Any
    ids: tuple[int, ...]
    digest: str


@cached("traffic", in_words=True)
def summary(viewer: Viewer, store: Store, today: date, findings: tuple[Finding, ...]) -> Summary | None:
    rows = repository_rows(viewer, store, today, findings)
    states, urgent = rows["state"], rows["urgent"]
    if not states:
        return None
    tracked = [place for place, state in enumerate(states) if state != "removed"]
    sums: dict[str, int | None] = {"Tracked": len(tracked)}
    for name, column in SUMS.items():
        known = [count for place in tracked if (count := rows[column][place]) is not None]
        sums[name] = sum(known) if known else None
    collecting = (
        key for key, state in zip(rows["tenant_id"], states, strict=True) if state not in {"paused", "removed"}
    )
    counts = {name: sum(map(is_chosen, states, urgent)) for name, is_chosen in CHOICES.items()}
    return Summary(sums, _warning(findings), counts, frozenset(collecting))


def _warning(findings: Sequence[Finding]) -> str:
    count = len({each.repository_id for each in findings})
    if not count:
        return ""
    verb = "needs" if count == 1 else "need"
    return f"**{counted(count, 'repository')} {verb} attention**\n\n{attention(findings)}"


@cached("traffic", in_words=True)
def listed(
    viewer: Viewer, store: Store, today: date, findings: tuple[Finding, ...], wanted: RepositoryFilter
) -> FilteredRepositories:
    rows = dict(repository_rows(viewer, store, today, findings))
    names = {each.tenant_id: each.name for each in tenants(viewer, store)}
    if len(names) > 1:
        rows["tenant"] = [names.get(key, "") for key in rows["tenant_id"]]
    places = filtered(rows, wanted)
    ids = tuple(rows["repository_id"][place] for place in places)
    digest = sha256(str(ids).encode()).hexdigest()[:12]
    shown = {name: [rows[name][place] for place in places] for name in ORDER if name in rows}
    return FilteredRepositories(arrow_columns(shown), ids, digest)


def filtered(rows: Mapping[str, Sequence[Any]], wanted: RepositoryFilter) -> list[int]:
    """The places of the wanted rows, in their order."""
    chosen = list(map(CHOICES[wanted.state], rows["state"], rows["urgent"]))
    places = [place for place in tables.searched(rows["full_name"], wanted.text) if chosen[place]]
    if wanted.repository_ids is not None:
        places = [place for place in places if rows["repository_id"][place] in wanted.repository_ids]
    if wanted.tenant_id is not None:
        places = [place for place in places if rows["tenant_id"][place] == wanted.tenant_id]
    if sort := SORTS.get(wanted.sort):
        column, descending = sort
        return tables.ordered(places, rows[column], descending=descending)
    return places  # by name


def columns() -> Mapping[str, Any]:
    return {**_columns(), "last_collected_at": moment_column("Last collected", width=150)}


@cache
def _columns() -> Mapping[str, Any]:
    """All but the one that is written in the reader's own zone."""
    config = st.column_config
    # a bar turns red below half of its length: eight days are more than half of fifteen, seven are less
    loss_help = (
        "Whole days until GitHub deletes the first day that is not stored yet. Red at "
        f"{NEAR_DAYS} or less; 0 also where days are being lost. Empty: not collected."
    )
    return {
        "link": config.LinkColumn("Repository", display_text=r"of=(.*)$", pinned=True, width=215),
        "words": config.MultiselectColumn("State", options=list(COLOURS), color=list(COLOURS.values()), width=100),
        "days_left": config.ProgressColumn(
            DAYS_LEFT, min_value=0, max_value=15, format="%d", color="auto", width=200, help=loss_help
        ),
        "sparkline": config.AreaChartColumn(
            "Views, 30 days", y_min=0, width=104, help="Known UTC days, up to yesterday"
        ),
        "views_30": config.NumberColumn("Views", format="localized", width=66, help="Of the last 30 days"),
        "clones_30": config.NumberColumn("Clones", format="localized", width=66, help="Of the last 30 days"),
        "stars": config.NumberColumn("Stars", format="localized", width=70, help="When last seen"),
        "tenant": config.TextColumn("Tenant", width=140),
        "kind": config.TextColumn("Kind", width=110),
        "note": config.TextColumn("Reason and next step", width=420),
    }
