"""Cached readers of the comparison: what is ready to be shown is made once a version of the store, viewer and wish."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import streamlit as st
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight import compare
from data.insight.compare import Launch
from data.store.arrow import arrow_table
from data.traffic.models import Selection
from pages.insight import compare_rows
from pages.insight.compare_rows import Beside
from pages.ui import readers
from pages.ui.charts import compare as charts
from pages.ui.readers import READING, Picture, Place
from pages.ui.store import the_store


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison as it is shown: its chart (None where no number is known), its table as Arrow, and what is to be
    said of it.
    """

    picture: Picture | None
    table: Any
    remarks: tuple[str, ...]


def beside(viewer: Viewer, selection: Selection, wanted: Beside) -> Compared:
    """Repositories on the same periods."""
    return _beside(viewer, readers.place(), selection, wanted)


def offered(viewer: Viewer, repository_ids: frozenset[int], today: date) -> tuple[Launch, ...]:
    """What may have been a launch of these repositories."""
    return _offered(viewer, readers.place(), repository_ids, today)


def followed(viewer: Viewer, wanted: tuple[Launch, ...], what: tuple[str, int], today: date) -> Compared:
    """Launches aligned at day 0; `what` is the metric that is drawn, and for how many days."""
    return _followed(viewer, readers.place(), wanted, what, today)


def largest(viewer: Viewer, selection: Selection) -> frozenset[int]:
    """The repositories that are compared where none is chosen: those with the most views."""
    return _largest(viewer, readers.place(), selection)


@lru_cache(maxsize=64)
def _beside(viewer: Viewer, place: Place, selection: Selection, wanted: Beside) -> Compared:
    with st.spinner(READING):
        rows = compare.beside(viewer, the_store(), selection, wanted.measure, wanted.grain)
    if wanted.indexed:
        rows = compare.indexed(rows)
    table = compare_rows.beside_table(rows, dict(readers.repository_names(viewer)), wanted)
    if rows["value"].isna().all():
        return Compared(None, arrow_table(table), ())
    placed, shape = compare_rows.over_time(rows, wanted)
    legend = charts.legend(shape.names, pending=bool(placed["open"].any()))
    picture = Picture(arrow_table(placed), charts.specification(shape), compare_rows.alt_text(shape, placed), legend)
    return Compared(picture, arrow_table(table), tuple(compare_rows.without_index(rows) if wanted.indexed else ()))


@lru_cache(maxsize=32)
def _offered(viewer: Viewer, place: Place, repository_ids: frozenset[int], today: date) -> tuple[Launch, ...]:
    return tuple(compare.launches(viewer, the_store(), repository_ids, today))


@lru_cache(maxsize=64)
def _followed(viewer: Viewer, place: Place, wanted: tuple[Launch, ...], what: tuple[str, int], today: date) -> Compared:
    metric, days = what
    rows = _aligned(viewer, place, wanted, days, today)
    table = arrow_table(compare_rows.shown_lifts(compare.lifts(rows, days), wanted))
    told = tuple(compare_rows.remarks(rows, wanted, metric, today))
    placed, shape = compare_rows.from_launch(rows, wanted, metric, days)
    if placed["value"].isna().all():
        return Compared(None, table, told)
    legend = charts.legend(shape.names, usual=True)
    text = compare_rows.alt_text(shape, placed)
    return Compared(Picture(arrow_table(placed), charts.specification(shape), text, legend), table, told)


@lru_cache(maxsize=16)
def _aligned(viewer: Viewer, place: Place, wanted: tuple[Launch, ...], days: int, today: date) -> DataFrame:
    with st.spinner(READING):
        return compare.aligned(viewer, the_store(), wanted, days, today)


@lru_cache(maxsize=64)
def _largest(viewer: Viewer, place: Place, selection: Selection) -> frozenset[int]:
    return frozenset(compare.largest(viewer, the_store(), selection))
