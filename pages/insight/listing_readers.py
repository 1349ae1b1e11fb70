"""Cached readers of the lists of referrers and paths, each arranged once a version of the store, viewer and days.

A selection here is of one repository; see data/insight/repository.py.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight import lists as insight_lists
from data.insight.lists import History
from data.store.arrow import arrow_table
from data.traffic.models import Selection
from pages.insight import listing_rows
from pages.insight.repository_readers import Chart, one, repository
from pages.ui import readers
from pages.ui.charts import listings as charts
from pages.ui.readers import Place
from pages.ui.store import the_store

MOST_BOUND_DAYS = 92  # to work them out for a year takes more than a second


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest list: its day (UTC), its entries and their views; and of the newest list of which it is known, the day
    and between what the share lies that it leaves unexplained (None: of no list)."""

    day: date
    entries: int
    views: int
    unexplained: tuple[date, float, float] | None


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists that were seen in some days, as they are shown; `names` are as GitHub gave them, in the table's order.

    `newest` is None where no list was ever seen.
    """

    table: Any
    names: tuple[str, ...]
    heat: Chart
    shares: Chart | None
    newest: Newest | None


def lists(viewer: Viewer, selection: Selection, listing: str) -> Lists:
    """The referrers or paths of the lists that were seen in these days."""
    return _lists(viewer, readers.place(), selection, listing)


def bounds(viewer: Viewer, selection: Selection, listing: str, name: str) -> Chart | None:
    """Between what the daily views of a referrer or path lie, in the last 92 of these days; None: no list tells."""
    return _chart_of_bounds(viewer, readers.place(), selection, listing, name)


@lru_cache(maxsize=128)
def _chart_of_bounds(viewer: Viewer, place: Place, selection: Selection, listing: str, name: str) -> Chart | None:
    rows = _bounds(viewer, place, selection, listing)
    of_name = rows[rows["name"] == name]
    if of_name.empty:
        return None
    shown = listing_rows.bounds(of_name)
    text = f"Bands from the least to the most views a day of {name}, {len(shown)} days. "
    text += f"The most that are certain are {shown['low'].max():,}: {shown['when'][shown['low'].idxmax()]}."
    return Chart(arrow_table(shown), charts.bounds_specification(), text)


@lru_cache(maxsize=64)
def _lists(viewer: Viewer, place: Place, selection: Selection, listing: str) -> Lists:
    known = insight_lists.history(viewer, the_store(), selection, listing)
    summary = insight_lists.summary(known, selection.first)
    found = repository(viewer, one(selection))
    called = found.full_name if found is not None else ""
    heat = listing_rows.heat(known, summary, selection.first, called)
    shares = _unexplained(viewer, selection, listing)
    drawn = listing_rows.shares(shares)
    return Lists(
        arrow_table(listing_rows.table(summary, called)),
        tuple(str(name) for name in summary["name"]),
        Chart(arrow_table(heat.rows), charts.heat_specification(heat.names), _heat_text(heat, listing)),
        Chart(arrow_table(drawn), charts.share_specification(), _share_text(drawn)) if len(drawn) else None,
        _newest(known, shares),
    )


def _bounds(viewer: Viewer, place: Place, selection: Selection, listing: str) -> DataFrame:
    first = max(selection.first, selection.last - timedelta(days=MOST_BOUND_DAYS - 1))
    return insight_lists.listing_bounds(viewer, the_store(), replace(selection, first=first), listing)


def _unexplained(viewer: Viewer, selection: Selection, listing: str) -> DataFrame:
    return insight_lists.unexplained(viewer, the_store(), selection, listing)


def _newest(known: History, shares: DataFrame) -> Newest | None:
    if known.lists.empty:
        return None
    day, entries = known.lists["observed_on"].iloc[-1], int(known.lists["entries"].iloc[-1])
    views = int(known.entries.loc[known.entries["observed_on"] == day, "views"].sum())  # of this one list
    told = shares.dropna(subset=["low", "high"])
    unexplained = (told["day"].iloc[-1], told["low"].iloc[-1], told["high"].iloc[-1]) if len(told) else None
    return Newest(day, entries, views, unexplained)


def _heat_text(heat: listing_rows.Heat, listing: str) -> str:
    count = heat.rows["from"].nunique()
    return f"{len(heat.names)} {listing} in {count} lists, darker where they had more views: {', '.join(heat.names)}."


def _share_text(drawn: DataFrame) -> str:
    low, high = drawn["low"].iloc[-1], drawn["high"].iloc[-1]
    return f"The share of the views that is not explained, {len(drawn)} lists; of the last {low:.0%} to {high:.0%}."
