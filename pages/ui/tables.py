"""Tables of traffic as people read them: their columns and names, and words for what is not a plain number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import streamlit as st

from data.accounts.models import Viewer
from data.store import Store
from data.store.arrow import arrow_columns
from data.store.cache import cached
from data.text import number_text
from data.traffic.export import ExportTable
from data.traffic.file_formats import MOST_EXCEL_ROWS
from data.traffic.models import Page, Paging, Selection
from pages.ui import controls, filters
from pages.ui.notation import day_format
from pages.ui.store import the_store

Height = int | Literal["content"]  # pixels, or as high as all rows
Columns = Mapping[str, Any]  # of a table, in their order: those of an Arrow table, or lists

COUNTS = ("views", "view_uniques", "clones", "clone_uniques")

STATES = {"final": "Final", "partial": "Partial", "pending": "Pending", "gap": "Gap"}
KINDS = {"week": "GitHub’s week", "sum_of_days": "Sum of days"}
ROWS_AT_SIGHT = 15
HEIGHT = 531  # pixels: so many rows and their header
UNKNOWN = "–"
WIDE_NAME = 230
MOST_ROWS = 200_000  # of a file that is made in memory
TOO_MANY = f"More than {MOST_ROWS:,} rows: choose fewer days or repositories to download just these rows."
COUNTED_HELP = (
    "GitHub’s week: GitHub’s own count of the unique people of the week. Sum of days: the daily uniques added up, "
    "so someone who visits on three days is counted three times."
)
STATE_HELP = (
    "Final: GitHub no longer changes it. Partial: final, but only some of its days are in the chosen range. "
    "Pending: it may still change. Gap: not collected before GitHub deleted it; a number beside it is partial."
)


def daily_rows(rows: Any) -> Columns:
    """The columns of an Arrow table of days as they are shown."""
    sources = zip(_states(rows), *_values(rows, "views_source", "clones_source"), strict=True)
    states = [f"{state}, imported" if "import" in of_state else state for state, *of_state in sources]
    return {name: rows.column(name) for name in ("full_name", "day", *COUNTS)} | {"state": states}


def weekly_rows(rows: Any) -> Columns:
    """The same of weeks."""
    weeks = zip(*_values(rows, "iso_year", "iso_week"), strict=True)
    names = {"full_name": rows.column("full_name"), "iso": [f"{year}-W{week:02}" for year, week in weeks]}
    in_words = {"counted": _counted(rows), "state": _states(rows)}
    return names | {name: rows.column(name) for name in ("week", *COUNTS)} | in_words


def name_width() -> int:
    """Pixels for the names of repositories: on a phone the first numbers are to be seen at once."""
    return 105 if "Mobi" in st.context.headers.get("User-Agent", "") else WIDE_NAME


def columns(value_name: str = "") -> Mapping[str, Any]:
    """How each column is headed and written; numbers in the reader's own way, days as GitHub's UTC days."""
    return _columns(value_name, name_width(), day_format())


@cache
def _columns(value_name: str, name_width: int, day_format: str) -> Mapping[str, Any]:
    number = st.column_config.NumberColumn
    day = st.column_config.DateColumn
    text = st.column_config.TextColumn
    return {
        "full_name": text("Repository", pinned=True, width=name_width),
        "day": day("Day", format=day_format, help="UTC, as GitHub counts days", width=100),
        "period": day("From", format=day_format, help="UTC, as GitHub counts days", width=100),
        "iso": None if name_width < WIDE_NAME else text("Week", help="ISO week: Monday to Sunday, UTC", width=76),
        "week": day("Monday", format=day_format, help="The week’s first day, UTC", width=100),
        "views": number("Views", format="localized", width=72),
        "view_uniques": number("Visitors", format="localized", help="Unique visitors", width=76),
        "clones": number("Clones", format="localized", width=72),
        "clone_uniques": number("Cloners", format="localized", help="Unique cloners", width=76),
        "value": number(value_name, format="localized", width=110),
        "before": number("Compared", format="localized", width=90, help="The days with which these are compared"),
        "counted": text("Uniques", help=COUNTED_HELP, width=105),
        "state": text("State", help=STATE_HELP, width=90),
    }


def draw(rows: Any, columns: Mapping[str, Any], key: str, alt: str, height: Height = "content") -> None:
    """A table (Arrow) whose unknown values are dashes; `alt` describes it to those who do not see it."""
    shown = {name: columns[name] for name in rows.column_names if name in columns}
    st.dataframe(rows, column_config=shown, hide_index=True, placeholder=UNKNOWN, key=key, height=height, alt=alt)


def draw_entries(rows: Any, columns: Mapping[str, Any], key: str, alt: str, most: int, **how: Any) -> None:
    """A table (Arrow) of what happened, the newest first, of which `most` are seen at once."""
    height = min(rows.num_rows, most) * 35 + 38
    st.dataframe(rows, column_config=columns, hide_index=True, key=key, height=height, alt=alt, **how)


def searched(names: Sequence[str], search: str) -> list[int]:
    """The places of the names that have all words of a search in them, letter case aside."""
    words = search.lower().split()
    return [place for place, name in enumerate(names) if all(word in name.lower() for word in words)]


def ordered(places: Sequence[int], column: Sequence[Any], *, descending: bool) -> list[int]:
    """Places in the order of a column, as they were where that is the same, those last of which it is unknown."""
    known = [place for place in places if column[place] is not None]
    unknown = [place for place in places if column[place] is None]
    return sorted(known, key=column.__getitem__, reverse=descending) + unknown


def _counted(rows: Any) -> list[str | None]:
    """Whether the uniques of a week are GitHub's; of both metrics where they differ."""
    pairs = zip(*_values(rows, "view_uniques_kind", "clone_uniques_kind"), strict=True)
    words = ((KINDS.get(views), KINDS.get(clones)) for views, clones in pairs)
    return [v if c is None or v == c else c if v is None else f"{v}; cloners: {c}" for v, c in words]


def _states(rows: Any) -> list[str]:
    pairs = zip(*_values(rows, "views_state", "clones_state"), strict=True)
    return [STATES[v] if v == c else f"{STATES[v]}; clones: {STATES[c].lower()}" for v, c in pairs]


def _values(rows: Any, *names: str) -> list[list[Any]]:
    return [rows.column(name).to_pylist() for name in names]


@dataclass(frozen=True, slots=True)
class PagedTable:
    """A table of traffic with pages: how it is read, arranged and saved."""

    name: str
    period: str
    read: Callable[[Viewer, Store, Selection, Paging], Page]
    arrange: Callable[[Any], Columns]
    all_rows: Callable[[Viewer, Store, Selection, Paging], Any]
    all_of_it: ExportTable


@cached("traffic")
def _shown(viewer: Viewer, store: Store, listing: PagedTable, selection: Selection, paging: Paging) -> tuple[Any, int]:
    """A page of a table as it is sent (an Arrow table), and how many rows all pages have."""
    page = listing.read(viewer, store, selection, paging)
    return arrow_columns(listing.arrange(page.rows)), page.total


def draw_listing(viewer: Viewer, listing: PagedTable) -> None:
    store = the_store()
    search, state, paging = _controls(listing)
    selection = filters.chosen(viewer, search, state)
    with filters.reading():
        rows, total = _shown(viewer, store, listing, selection, paging)
    if not total:
        filters.stop_without_days(viewer, search)
    slot = st.container(key=f"{listing.name}_table")
    pages = -(-total // paging.size)
    number = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    begin = (number - 1) * paging.size
    # above the table, where a touch screen shows the table's own buttons over whatever stands there
    end = min(begin + paging.size, total)
    slot.caption(f"{number_text(begin + 1)} to {number_text(end)} of {number_text(total)} rows")
    if number != 1:
        rows, _ = _shown(viewer, store, listing, selection, replace(paging, page=number))
    alt = f"{listing.name.capitalize()} traffic, rows {begin + 1} to {begin + rows.num_rows} of {total}"
    with slot:
        draw(rows, columns(), f"{listing.name}_rows", alt, "content" if rows.num_rows <= ROWS_AT_SIGHT else HEIGHT)
    _downloads(listing, selection, paging, total)


def _controls(listing: PagedTable) -> tuple[str, str | None, Paging]:
    with st.container(horizontal=True, vertical_alignment="top", key=f"{listing.name}_controls"):
        search = controls.search_in_address(placeholder="Part of a name, or a day: 2026-11-14")
        sort = st.selectbox("Sort by", list(filters.SORTS), key="sort", bind="query-params", width=150)
        order = st.segmented_control(
            "Order", list(filters.ORDERS), default="Descending", required=True, key="order", bind="query-params"
        )
        state = st.selectbox(
            "State", list(filters.STATES), key="state", bind="query-params", width=120, help=STATE_HELP
        )
        size = st.selectbox("Rows", list(filters.SIZES), index=1, key="rows", bind="query-params", width=100)
    by = filters.SORTS[sort] or listing.period
    return search, filters.STATES[state], Paging(by, filters.ORDERS[order], 1, filters.SIZES[size])


def _downloads(listing: PagedTable, selection: Selection, order: Paging, count: int) -> None:
    with st.container(horizontal=True):
        if count <= MOST_ROWS:
            controls.download_rows(
                "Download these rows",
                lambda viewer, store: listing.all_rows(viewer, store, selection, order),
                f"{listing.name}-traffic-{selection.first}-to-{selection.last}",
                key=listing.name,
                help_text="All pages of this table, filtered and sorted as shown",
                excel=count <= MOST_EXCEL_ROWS,
            )
        else:
            st.caption(TOO_MANY)
        controls.everything_button(
            "Download everything",
            listing.all_of_it,
            key=f"{listing.name}_everything_csv",
            help_text="CSV of all days and all repositories you have access to",
        )
