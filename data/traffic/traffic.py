"""The readers behind the pages: traffic by day and week, series for charts, totals, and the repositories at a glance.

Every reader shows the repositories of its viewer only. Tables have Arrow types: a day is a date, a count an
integer, and what is unknown is NULL (pandas.NA, in lists None), never zero.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from io import BytesIO
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from pandas import DataFrame
from pyarrow import compute as pc
from pyarrow import csv

from data.accounts.models import Viewer
from data.calendar import utc_day
from data.store import Store
from data.store.sql import query
from data.traffic import traffic_series, traffic_tables
from data.traffic.formulas import formula_safe
from data.traffic.models import DAILY_SORTS, WEEKLY_SORTS, Grain, Page, Paging, Selection, SelectionRefused, Totals
from data.traffic.traffic_days import boards

ROWS = {Grain.DAY: "daily_traffic", Grain.WEEK: "weekly_traffic"}


def daily_traffic(viewer: Viewer, store: Store, selection: Selection, paging: Paging) -> Page:
    """Views and clones of each selected repository and day, a page of them.

    Rows: repository_id, full_name, day (UTC date), views, view_uniques, clones, clone_uniques, views_state,
    clones_state (final, pending or gap; a number beside gap may be a part of the day). Every day is there from a
    repository's first known one to that of its newest answer. Source: what v_daily tells. Raises: SelectionRefused,
    StoreMissing.
    """
    return _page(viewer, store, selection, _Sheet(Grain.DAY, paging))


def weekly_traffic(viewer: Viewer, store: Store, selection: Selection, paging: Paging) -> Page:
    """Views and clones of each selected repository and ISO week, a page of them.

    Every week that has a day in the selection, as a whole week.
    Rows: repository_id, full_name, week (its Monday, UTC date), iso_year, iso_week, views, view_uniques,
    view_uniques_kind, clones, clone_uniques, clone_uniques_kind, views_state, clones_state (final, pending, gap: of
    known days only unless final), whole (both are final). A kind is github (true uniques of the week) or days (daily
    uniques added up: say so beside the number); NULL where there is no number. Source: what v_weekly tells.
    Raises: SelectionRefused, StoreMissing.
    """
    return _page(viewer, store, selection, _Sheet(Grain.WEEK, paging))


def series(viewer: Viewer, store: Store, selection: Selection, grain: Grain) -> DataFrame:
    """The selection for charts: up to 12 repositories, those with the most views, and the total of all.

    Periods are whole: every week or month that has a day in the selection.
    Rows: repository_id (NULL: the total), full_name ('total'), period (the day, the Monday, the first of the month),
    metric (views, view_uniques, clones, clone_uniques; the total has views and clones only), value, state (final,
    pending, gap: of known days only unless final), kind (of uniques: github, or days for daily ones added up; else
    NULL). `attrs["left_out"]`: how many repositories with such days are in the total only. Raises: StoreMissing.
    """
    found = traffic_series.series(boards(viewer, store, selection), selection, grain)
    frame = _frame(found.rows)
    frame.attrs["left_out"] = found.left_out
    return frame


def totals(viewer: Viewer, store: Store, selection: Selection) -> Totals:
    """What the selection adds up to, beside as many days before it. Raises: StoreMissing."""
    return traffic_series.totals(boards(viewer, store, selection), selection)


def repository_overview(viewer: Viewer, store: Store, now: datetime) -> DataFrame:
    """The visible repositories at a glance, by name; removed ones included.

    Rows: repository_id, tenant_id, full_name, state, state_reason, visibility, archived, last_collected_at (aware,
    UTC), days_until_loss (as in v_repositories), views_30 and clones_30 (known counts of the 30 days up to
    yesterday, pending ones included), stars (when last seen), sparkline (a list of the views of these 30 days,
    oldest first, None where unknown). Raises: StoreMissing.
    """
    values = {"visible": sorted(viewer.repository_ids), "today": utc_day(now)}
    with store.traffic.read() as cursor:
        rows = _table(cursor, "repository_overview", values)
    place = rows.schema.get_field_index("last_collected_at")
    return _frame(rows.set_column(place, "last_collected_at", pc.assume_timezone(rows.column(place), "UTC")))


def day_range(viewer: Viewer, store: Store) -> tuple[date, date] | None:
    """The first known day of the viewer's repositories, and the last: that of the newest answer. None: none is known.

    Raises: StoreMissing.
    """
    visible = {"visible": sorted(viewer.repository_ids)}
    with store.traffic.read() as cursor:
        ((first, last),) = cursor.execute(query(__name__, "answered_range"), visible).fetchall()
        bounds = {"first_day": first, "last_day": last}
        ((earlier, later),) = cursor.execute(query(__name__, "day_range"), visible | bounds).fetchall()
    starts = [day for day in (first, earlier) if day is not None]
    ends = [day for day in (last, later) if day is not None]
    return (min(starts), max(ends)) if starts else None


def daily_csv(viewer: Viewer, store: Store, selection: Selection, order: Paging | None = None) -> bytes:
    """All rows of daily_traffic as CSV (UTF-8), in that order, else the newest day first; no text is a formula.

    Of `order` the page and its size do not matter. Unknown is an empty field. Raises: SelectionRefused, StoreMissing.
    """
    return _csv(viewer, store, selection, _Sheet(Grain.DAY, order))


def weekly_csv(viewer: Viewer, store: Store, selection: Selection, order: Paging | None = None) -> bytes:
    """All rows of weekly_traffic as CSV (UTF-8), in that order, else the newest week first; no text is a formula.

    Of `order` the page and its size do not matter. Unknown is an empty field. Raises: SelectionRefused, StoreMissing.
    """
    return _csv(viewer, store, selection, _Sheet(Grain.WEEK, order))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A table of days or weeks, and what is wanted of it; None: all rows, the newest first."""

    grain: Grain
    paging: Paging | None

    @property
    def order(self) -> tuple[str, bool]:
        """The column that it is sorted by, and whether the greatest comes first. Raises: SelectionRefused."""
        sorts = DAILY_SORTS if self.grain is Grain.DAY else WEEKLY_SORTS
        if self.paging is None:
            return sorts[0], True
        if self.paging.sort_by not in sorts:
            raise SelectionRefused(f"The table can be sorted by {', '.join(sorts)}.")
        return self.paging.sort_by, self.paging.descending


def _page(viewer: Viewer, store: Store, selection: Selection, sheet: _Sheet) -> Page:
    column, descending = sheet.order
    paging = replace(sheet.paging or Paging(column), sort_by=column, descending=descending)
    rows, total = traffic_tables.page(boards(viewer, store, selection), selection, sheet.grain, paging)
    return Page(_frame(rows), total)


def _rows(viewer: Viewer, store: Store, selection: Selection, sheet: _Sheet) -> pa.Table:
    """All rows: more than a board has room for, so DuckDB puts them in order."""
    column, descending = sheet.order
    values = {"sort_by": column, "direction": -1 if descending else 1} | _days(selection)
    with selected(viewer, store, selection) as cursor:
        return _table(cursor, ROWS[sheet.grain], values)


def _csv(viewer: Viewer, store: Store, selection: Selection, sheet: _Sheet) -> bytes:
    rows = _rows(viewer, store, selection, sheet)
    names = rows.column("full_name").combine_chunks().dictionary_encode()
    safe = pa.array([formula_safe(name) for name in names.dictionary.to_pylist()], type=pa.string())
    place = rows.schema.get_field_index("full_name")
    written = BytesIO()
    options = csv.WriteOptions(eol="\r\n", quoting_header="none")  # as export writes it
    csv.write_csv(rows.set_column(place, "full_name", safe.take(names.indices)), written, options)
    return written.getvalue()


@contextmanager
def selected(viewer: Viewer, store: Store, selection: Selection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor that has the selected visible repositories, their days and their weeks set down for it alone.

    Its questions find shown_repository, shown_day(first, last) and shown_week(first, last), which answer from as many
    days before the selection's first one on. Raises: StoreMissing.
    """
    chosen = viewer.repository_ids
    if selection.repository_ids is not None:
        chosen &= selection.repository_ids
    with store.traffic.read() as cursor:
        cursor.execute("set variable today = $today", {"today": selection.today})
        _set_down(cursor, sorted(chosen), selection)
        cursor.execute(query(__name__, "shown_days"))
        cursor.execute(query(__name__, "shown_weeks"))
        yield cursor


def _set_down(cursor: duckdb.DuckDBPyConnection, repository_ids: list[int], selection: Selection) -> None:
    values = {"visible": repository_ids, "search": selection.search}
    cursor.execute(query(__name__, "shown_repositories"), values | _days(selection))


def _days(selection: Selection) -> dict[str, date]:
    return {"first_day": selection.first, "last_day": selection.last}


def _table(cursor: duckdb.DuckDBPyConnection, name: str, values: dict[str, Any]) -> pa.Table:
    return cursor.sql(query(__name__, name), params=values).to_arrow_table()


def _frame(rows: pa.Table) -> DataFrame:
    return rows.to_pandas(types_mapper=pd.ArrowDtype)
