"""Cached readers of dashboards: a panel is read and drawn once a version of the store, day, viewer and wish."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import streamlit as st

from data.accounts.models import Viewer
from data.calendar import utc_day, utc_now
from data.dashboards.panel_text import SNAPSHOTS, measure_name
from data.dashboards.panels import panel_rows
from data.dashboards.specification import Kind, Panel
from data.store import Store
from data.store.arrow import arrow_table
from pages.dashboards import placing
from pages.ui import changes, readers, tables
from pages.ui.charts import panels as charts
from pages.ui.readers import READING, Place
from pages.ui.store import the_store


@dataclass(frozen=True, slots=True)
class Number:
    """A number, what it is called, and how it has changed."""

    name: str
    value: float | None
    change: str | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel as Streamlit takes it. One for all who may see it: not to be changed.

    `rows` are an Arrow table, of a chart with its specification; None where there is nothing to show.
    """

    notes: str
    rows: Any = None
    alt: str = ""
    specification: dict[str, Any] | None = None
    number: Number | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """Who looks, at which version of the store, on which UTC day: found once for all panels of a page."""

    viewer: Viewer
    place: Place
    today: date


def sight(viewer: Viewer) -> Sight:
    """The sight of this moment."""
    return Sight(viewer, readers.place(), utc_day(utc_now()))


def drawn(seen: Sight, panel: Panel) -> Drawn:
    """A panel that is no text."""
    return _drawn(seen.viewer, seen.place, panel, seen.today)


def panel_csv(viewer: Viewer, store: Store, panel: Panel) -> bytes:
    """A panel's rows as CSV."""
    return tables.csv_of(placing.csv_rows(panel_rows(viewer, store, panel, utc_day(utc_now()))))


@lru_cache(maxsize=512)
def _drawn(viewer: Viewer, place: Place, panel: Panel, today: date) -> Drawn:
    with st.spinner(READING):
        found = panel_rows(viewer, the_store(), panel, today)
    notes = " ".join(found.notes)
    if panel.kind is Kind.NUMBER:
        value, compared, before = (
            None if found.rows[name].isna()[0] else int(found.rows[name][0]) for name in ("value", "compared", "before")
        )
        return Drawn(notes, number=Number(measure_name(panel, panel.measure), value, _change(panel, compared, before)))
    if found.rows.empty or found.rows["value"].isna().all():
        return Drawn(notes)
    if panel.kind is Kind.TABLE:
        rows = placing.table_rows(found)
        return Drawn(notes, arrow_table(rows), f"A table of {len(rows):,} rows.")
    chart = placing.placed(found)
    return Drawn(notes, arrow_table(chart.rows), chart.alt, charts.specification(chart.shape))


def _change(panel: Panel, value: int | None, before: int | None) -> str | None:
    """How a number has changed, if it has: a counter by how much it has grown, anything else in percent."""
    if value is None or before is None:
        return None
    if value == before:
        return None
    # the hair space keeps Streamlit from reading it as a number, whose sign it would leave out
    return f"{value - before:+,}\N{HAIR SPACE}" if panel.measure in SNAPSHOTS else changes.change(value, before)
