"""What the page of repositories shows: sums, warnings, and the list, filtered and sorted.

Worked out once a version of the store and day for each viewer and choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import streamlit as st
from pandas import DataFrame

from data.accounts.models import Viewer
from data.accounts.tenants import tenants
from data.collection.health import NEAR_DAYS, Finding
from data.store import Store
from data.store.arrow import arrow_table
from data.store.cache import cached
from data.text import counted
from pages.ui.repository_status import COLOURS, attention, repository_rows
from pages.ui.time_format import moment_column

TICKS = "repositories_rows"  # the table whose ticks say on what is acted; an action uses them up
TRACKED, URGENT, PAUSED, REMOVED, EVERYTHING = "Tracked", "Needs attention", "Paused", "Removed", "All"
DAYS_LEFT = "Days until GitHub deletes data"
SORTS: dict[str, tuple[str, bool]] = {
    "Name": ("sort_name", True),
    "Views": ("views_30", False),
    "Clones": ("clones_30", False),
    "Stars": ("stars", False),
    DAYS_LEFT: ("days_until_loss", True),
    "Last collected": ("last_collected_at", False),
}
ORDER = (
    *("link", "words", "views_30", "clones_30", "sparkline", "days_left", "last_collected_at"),
    *("stars", "tenant", "kind", "note"),
)
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
    if rows.empty:
        return None
    tracked = rows[rows["state"] != "removed"]
    sums: dict[str, int | None] = {"Tracked": len(tracked)}
    for name, column in SUMS.items():
        known = tracked[column].dropna()
        sums[name] = int(known.sum()) if len(known) else None
    collecting = rows.loc[~rows["state"].isin(["paused", "removed"]), "tenant_id"]
    counts = {name: int(chosen.sum()) for name, chosen in states(rows).items()}
    return Summary(sums, _warning(findings), counts, frozenset(int(key) for key in collecting))


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
    rows = filtered(repository_rows(viewer, store, today, findings), wanted)
    names = {each.tenant_id: each.name for each in tenants(viewer, store)}
    ids = tuple(int(key) for key in rows["repository_id"])
    digest = sha256(str(ids).encode()).hexdigest()[:12]
    if len(names) > 1:
        rows = rows.assign(tenant=[names.get(key, "") for key in rows["tenant_id"]])
    return FilteredRepositories(arrow_table(rows[[name for name in ORDER if name in rows]]), ids, digest)


def states(rows: DataFrame) -> dict[str, Any]:
    """The choices of state, each with whether a repository is so."""
    state = rows["state"]
    return {
        TRACKED: (state != "removed").astype(bool),
        URGENT: rows["urgent"].astype(bool),
        PAUSED: (state == "paused").astype(bool),
        REMOVED: (state == "removed").astype(bool),
        EVERYTHING: state.notna(),
    }


def filtered(rows: DataFrame, wanted: RepositoryFilter) -> DataFrame:
    chosen = rows[states(rows)[wanted.state]]
    if wanted.repository_ids is not None:
        chosen = chosen[chosen["repository_id"].isin(wanted.repository_ids)]
    if wanted.tenant_id is not None:
        chosen = chosen[chosen["tenant_id"] == wanted.tenant_id]
    for word in wanted.text.lower().split():
        chosen = chosen[chosen["sort_name"].str.contains(word, regex=False)]
    column, ascending = SORTS.get(wanted.sort, SORTS["Name"])
    ordered = chosen.sort_values([column, "sort_name"], ascending=[ascending, True], na_position="last")
    return ordered.reset_index(drop=True)


def columns() -> Mapping[str, Any]:
    config = st.column_config
    # a bar turns red below half of its length: eight days are more than half of fifteen, seven are less
    loss_help = (
        "Whole days until GitHub deletes the first day that is not stored yet. Red at "
        f"{NEAR_DAYS} or less; 0 also where days are being lost. Empty: not collected."
    )
    return {
        "link": config.LinkColumn("Repository", display_text=r"of=(.*)$", pinned=True, width=215),
        "words": config.MultiselectColumn("State", options=list(COLOURS), color=list(COLOURS.values()), width=100),
        "last_collected_at": moment_column("Last collected", width=150),
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
