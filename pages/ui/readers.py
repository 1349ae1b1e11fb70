"""Cached readers: what a page shows is read once a version of the store, for each viewer and selection apart.

Everything that decides a result is a parameter and part of the key: the viewer, what is asked for, the data
directory and its version. Rows only, and boundedly many of them.

What is read is copied for each who asks (`st.cache_data`). What is ready to be shown is not (`lru_cache`): it is asked
for at every run, and nothing that a page would change.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from io import BytesIO
from types import MappingProxyType
from typing import Any

import streamlit as st
from pandas import DataFrame

from data.accounts import grants, sessions
from data.accounts.models import Viewer
from data.calendar import utc_now
from data.repositories.repositories import repositories
from data.store import Store
from data.store.arrow import arrow_columns
from data.traffic import traffic
from data.traffic.export import ExportRequest, ExportTable, export
from data.traffic.models import Grain, Page, Paging, Selection
from data.traffic.traffic import Totals
from pages.ui import drawings, session
from pages.ui.charts import traffic as charts
from pages.ui.store import the_store

READING = "Reading the traffic …"  # Streamlit shows it when half a second has passed


@dataclass(frozen=True, slots=True)
class Place:
    """Which data is read: the directory, and the number of its version."""

    directory: str
    version: int


@lru_cache(maxsize=64)
def _ids_key(ids: frozenset[int]) -> bytes:
    """The ids themselves as bytes: Streamlit takes 30 ms to make a key of 10,000 numbers."""
    return array("q", sorted(ids)).tobytes()


def _viewer_key(viewer: Viewer) -> tuple[Any, ...]:
    return _ids_key(viewer.repository_ids), _ids_key(viewer.tenant_ids)


def _selection_key(selection: Selection) -> tuple[Any, ...]:
    ids = None if selection.repository_ids is None else _ids_key(selection.repository_ids)
    return selection.first, selection.last, ids, selection.search, selection.today


def _paging_key(paging: Paging) -> tuple[Any, ...]:
    return paging.sort_by, paging.descending, paging.page, paging.size


KEYS: dict[str | type, Callable[[Any], Any]] = {
    Viewer: _viewer_key,
    Selection: _selection_key,
    Paging: _paging_key,
    Place: lambda place: (place.directory, place.version),
}


def daily(viewer: Viewer, selection: Selection, paging: Paging) -> Page:
    """A page of traffic.daily_traffic."""
    return _daily(viewer, place(), selection, paging)


def weekly(viewer: Viewer, selection: Selection, paging: Paging) -> Page:
    """A page of traffic.weekly_traffic."""
    return _weekly(viewer, place(), selection, paging)


def series(viewer: Viewer, selection: Selection, grain: Grain) -> DataFrame:
    """The rows of traffic.series."""
    return _series(viewer, place(), selection, grain)


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as Streamlit takes it: its rows (an Arrow table), its Vega-Lite specification, its text, its legend as
    HTML. One for all who may see it: not to be changed.
    """

    rows: Any
    specification: dict[str, Any]
    alt: str
    legend: str


def picture(viewer: Viewer, selection: Selection, metric: str, grain: Grain) -> Picture | None:
    """The rows of traffic.series as a chart of one metric; None where no number at all is known."""
    return _picture(viewer, place(), selection, metric, grain)


def totals(viewer: Viewer, selection: Selection) -> Totals:
    """What traffic.totals adds up."""
    return _totals(viewer, place(), selection)


def day_range(viewer: Viewer) -> tuple[date, date] | None:
    """The first and the last day that is known to the viewer."""
    return _day_range(viewer, place())


def repository_names(viewer: Viewer) -> Mapping[int, str]:
    """The visible repositories by id, each under a name of its own: where two have the same, with their number."""
    return _repository_names(viewer, place())


def download(read: Callable[[Viewer, Store], bytes]) -> Callable[[], bytes]:
    """What a download button calls when it is pressed: reads for whoever's session it is then, and for nobody else."""
    secret = session.session_secret() or ""

    def content() -> bytes:
        """The file, made when it is asked for."""
        account = sessions.account_of_session(the_store(), secret, utc_now())
        if account is None:
            raise PermissionError("The session has ended.")
        return read(grants.viewer_of(the_store(), account), the_store())

    return content


def everything(table: ExportTable) -> Callable[[Viewer, Store], bytes]:
    """All that a viewer sees of a table, as CSV."""

    def read(viewer: Viewer, store: Store) -> bytes:
        """The whole table of that viewer."""
        content = BytesIO()
        export(viewer, store, ExportRequest(table), content)
        return content.getvalue()

    return read


def place() -> Place:
    """The data that the app reads, as it is now."""
    store = the_store()
    return Place(str(store.directory), store.traffic.version())


def control_place() -> Place:
    """The users, tokens and sessions that the app reads, as they are now."""
    store = the_store()
    return Place(str(store.directory), store.control.version())


@st.cache_data(max_entries=32, show_spinner=READING, hash_funcs=KEYS)
def _daily(viewer: Viewer, place: Place, selection: Selection, paging: Paging) -> Page:
    return traffic.daily_traffic(viewer, the_store(), selection, paging)


@st.cache_data(max_entries=32, show_spinner=READING, hash_funcs=KEYS)
def _weekly(viewer: Viewer, place: Place, selection: Selection, paging: Paging) -> Page:
    return traffic.weekly_traffic(viewer, the_store(), selection, paging)


@st.cache_data(max_entries=64, show_spinner=READING, hash_funcs=KEYS)
def _series(viewer: Viewer, place: Place, selection: Selection, grain: Grain) -> DataFrame:
    return traffic.series(viewer, the_store(), selection, grain)


@lru_cache(maxsize=128)
def _picture(viewer: Viewer, place: Place, selection: Selection, metric: str, grain: Grain) -> Picture | None:
    rows = _series(viewer, place, selection, grain)
    if rows.loc[rows["metric"] == metric, "value"].isna().all():
        return None
    drawn = drawings.drawing(rows, metric, grain)
    shown = arrow_columns({name: column for name, column in drawn.columns.items() if name != "period"})
    return Picture(shown, charts.specification(drawn.shape), drawings.alt_text(drawn), charts.legend(drawn))


@lru_cache(maxsize=256)
def _totals(viewer: Viewer, place: Place, selection: Selection) -> Totals:
    return traffic.totals(traffic.repository_sums(viewer, the_store(), selection))


@lru_cache(maxsize=64)
def _day_range(viewer: Viewer, place: Place) -> tuple[date, date] | None:
    return traffic.day_range(viewer, the_store())


@lru_cache(maxsize=64)
def _repository_names(viewer: Viewer, place: Place) -> Mapping[int, str]:
    found = repositories(viewer, the_store())
    times = Counter(each.full_name.casefold() for each in found)
    alone = {each.repository_id: times[each.full_name.casefold()] == 1 for each in found}
    names = {
        each.repository_id: each.full_name if alone[each.repository_id] else f"{each.full_name} · {each.repository_id}"
        for each in found
    }
    return MappingProxyType(names)
