"""The repositories at a glance: read once a version of the store and day for each viewer, sifted, arranged for people.

The rows are those of `data.traffic.traffic.repository_overview`; nothing here asks who may do what.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import pandas as pd
import streamlit as st
from pandas import DataFrame

from data.accounts.models import Viewer
from data.accounts.tenants import tenants
from data.calendar import utc_day, utc_now
from data.repositories.models import RepositoryState
from data.traffic.traffic import repository_overview
from pages.repositories.standing import COLOURS, WARN_AT_DAYS, WORDS, Standing, is_urgent, note, warn_days
from pages.ui import readers
from pages.ui.store import the_store

FOLLOWED, URGENT, PAUSED, REMOVED, EVERYTHING = "Followed", "Needs attention", "Paused", "Removed", "All"
SORTS: dict[str, tuple[str, bool]] = {
    "Name": ("sort_name", True),
    "Views": ("views_30", False),
    "Clones": ("clones_30", False),
    "Stars": ("stars", False),
    "Days until loss": ("days_until_loss", True),
    "Last collected": ("last_collected_at", False),
}


ORDER = (
    *("link", "words", "views_30", "clones_30", "sparkline", "days_left", "last_collected_at"),
    *("stars", "tenant", "kind", "note"),
)


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which rows are wanted, and in which order."""

    text: str
    group: str
    tenant_id: int | None
    sort: str


def read(viewer: Viewer) -> DataFrame:
    """The viewer's repositories: what the reader gives, and beside it what the table and the choices need."""
    return _read(viewer, readers.place(), utc_day(utc_now()))


@st.cache_data(max_entries=64, show_spinner="Reading the repositories …", hash_funcs=readers.KEYS)
def _read(viewer: Viewer, place: readers.Place, day: date) -> DataFrame:
    rows = repository_overview(viewer, the_store(), utc_now())
    warn_at = {each.tenant_id: warn_days(each.schedule, utc_now()) for each in tenants(viewer, the_store())}
    standings = [
        replace(_standing(*each), warn_at=warn_at.get(int(tenant_id), WARN_AT_DAYS))
        for tenant_id, *each in zip(rows["tenant_id"], *(rows[name] for name in _OF_A_STANDING), strict=True)
    ]
    rows["urgent"] = [is_urgent(each) for each in standings]
    rows["note"] = [note(each) for each in standings]
    rows["sort_name"] = rows["full_name"].str.lower()
    names = readers.repository_names(viewer)
    rows["link"] = [f"/repository?of={quote(names.get(int(key), ''), safe='/')}" for key in rows["repository_id"]]
    rows["words"] = [[WORDS[each.state]] for each in standings]
    rows["kind"] = [_kind(*each) for each in zip(rows["visibility"], rows["archived"], strict=True)]
    # a cell with a gap is drawn as a text: the chart shows the known days only
    known = [[each for each in days if not pd.isna(each)] for days in rows["sparkline"]]
    rows["sparkline"] = pd.Series(known, index=rows.index, dtype=rows["sparkline"].dtype)
    rows["days_left"] = rows["days_until_loss"].clip(lower=0)
    return rows


_OF_A_STANDING = ("state", "state_reason", "days_until_loss", "last_collected_at")


def _standing(state: str, reason: Any, left: Any, collected: Any) -> Standing:
    return Standing(
        RepositoryState(state),
        None if pd.isna(reason) else str(reason),
        None if pd.isna(left) else int(left),
        None if pd.isna(collected) else _moment(collected),
    )


def _moment(collected: Any) -> datetime:
    moment: datetime = pd.Timestamp(collected).to_pydatetime()
    return moment


def groups(rows: DataFrame) -> dict[str, int]:
    """The choices of state, each with how many repositories are so; empty ones only where they are the usual choice."""
    state = rows["state"]
    return {
        FOLLOWED: int((state != "removed").sum()),
        URGENT: int(rows["urgent"].sum()),
        PAUSED: int((state == "paused").sum()),
        REMOVED: int((state == "removed").sum()),
        EVERYTHING: len(rows),
    }


def sifted(rows: DataFrame, sieve: Sieve) -> DataFrame:
    """The rows that are wanted, in order, numbered anew."""
    wanted = {
        FOLLOWED: rows["state"] != "removed",
        URGENT: rows["urgent"],
        PAUSED: rows["state"] == "paused",
        REMOVED: rows["state"] == "removed",
    }.get(sieve.group)
    chosen = rows if wanted is None else rows[wanted.astype(bool)]
    if sieve.tenant_id is not None:
        chosen = chosen[chosen["tenant_id"] == sieve.tenant_id]
    for word in sieve.text.lower().split():
        chosen = chosen[chosen["sort_name"].str.contains(word, regex=False)]
    column, ascending = SORTS.get(sieve.sort, SORTS["Name"])
    ordered = chosen.sort_values([column, "sort_name"], ascending=[ascending, True], na_position="last")
    return ordered.reset_index(drop=True)


def arranged(rows: DataFrame, tenants: Mapping[int, str]) -> DataFrame:
    """The columns as they are shown; the tenant where there are several."""
    shown = rows if len(tenants) < 2 else rows.assign(tenant=[tenants.get(key, "") for key in rows["tenant_id"]])
    return shown[[name for name in ORDER if name in shown]]


def columns() -> Mapping[str, Any]:
    """How each column is headed and written; moments in the reader's own zone and way."""
    return _columns(st.context.timezone)


@lru_cache(maxsize=64)
def _columns(zone: str | None) -> Mapping[str, Any]:
    config = st.column_config
    # a bar turns red below half of its length: eight days are more than half of fifteen, seven are less
    loss_help = (
        "Whole days in which GitHub still shows the first day that is not stored yet. Red at "
        f"{WARN_AT_DAYS} or less; 0 also where days are being lost. Empty: not collected."
    )
    return {
        "link": config.LinkColumn("Repository", display_text=r"of=(.*)$", pinned=True, width=215),
        "words": config.MultiselectColumn("State", options=list(COLOURS), color=list(COLOURS.values()), width=100),
        "last_collected_at": config.DatetimeColumn(
            "Last collected", format="localized", timezone=zone, width=168, help=f"In your time zone: {zone or 'UTC'}"
        ),
        "days_left": config.ProgressColumn(
            "Days until loss", min_value=0, max_value=15, format="%d", color="auto", width=108, help=loss_help
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


def _kind(visibility: Any, archived: Any) -> str:
    words = ["" if pd.isna(visibility) else str(visibility), "archived" if archived is True else ""]
    return ", ".join(word for word in words if word)
