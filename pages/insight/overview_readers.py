"""Cached readers of the overview: each part is made ready to be shown once a version of the store, viewer and wish."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from pandas import DataFrame

from data.accounts import tokens
from data.accounts.grants import administered
from data.accounts.models import Account, Viewer
from data.accounts.tenants import tenants
from data.accounts.tokens import StoredToken
from data.calendar import utc_day, utc_now
from data.insight import overview
from data.insight.spike_causes import Spike, explained_spikes, spikes
from data.repositories import health
from data.store.arrow import arrow_table
from data.traffic import traffic
from data.traffic.models import Grain, Selection
from data.traffic.traffic import Totals
from pages.insight import overview_rows, overview_spikes
from pages.insight.overview_rows import Attention, Wish
from pages.ui import readers, repository_status
from pages.ui.charts import overview as charts
from pages.ui.readers import READING, Picture, Place
from pages.ui.store import the_store

MOST_MOVERS = 5  # that rise, and that fall
MOST_EVENTS = 5
AROUND = timedelta(days=14)  # a day, on the page that it leads to


@dataclass(frozen=True, slots=True)
class Glance:
    """What a selection adds up to; the table of what has risen and fallen most clearly, as HTML ('': nothing has)."""

    totals: Totals
    moved: str


@dataclass(frozen=True, slots=True)
class Outstanding:
    """The most notable days that stood out as HTML ('' where there is none), how many others did, and the chart on
    which they are numbered (None: no number is known).
    """

    told: str
    others: int
    picture: Picture | None


def glance(viewer: Viewer, selection: Selection) -> Glance:
    """The totals, and the clearest movers."""
    return _glance(viewer, readers.place(), selection)


def outstanding(viewer: Viewer, selection: Selection, grain: Grain) -> Outstanding:
    """What stood out, in words and on the chart of views."""
    return _outstanding(viewer, readers.place(), selection, grain)


def listed(viewer: Viewer, selection: Selection, wish: Wish) -> tuple[Any, int, int]:
    """A page of the table of repositories as Arrow, how many rows it has, and how many all pages have."""
    return _listed(viewer, readers.place(), selection, wish)


def attention(viewer: Viewer) -> Attention:
    """Which of the repositories need somebody's attention, as of today."""
    return _attention(viewer, readers.place(), utc_day(utc_now()))


def tokens_of(account: Account) -> tuple[tuple[StoredToken, str], ...]:
    """The tokens that this user administers, each with its tenant's name."""
    return _tokens_of(account, readers.place(), the_store().control.version())


@lru_cache(maxsize=128)
def _glance(viewer: Viewer, place: Place, selection: Selection) -> Glance:
    rows = _rows(viewer, place, selection)
    moved = overview.movers(rows, (selection.last - selection.first).days + 1)
    risers = [each for each in moved if each.change > 0][:MOST_MOVERS]
    shown = risers + [each for each in moved if each.change < 0][:MOST_MOVERS]
    table = ""
    if shown:
        days = _known(viewer, selection.first, selection.last)
        table = overview_rows.moved_table(shown, readers.repository_names(viewer), days)
    return Glance(traffic.totals(rows), table)


@lru_cache(maxsize=64)
def _outstanding(viewer: Viewer, place: Place, selection: Selection, grain: Grain) -> Outstanding:
    with st.spinner(READING):
        found = spikes(viewer, the_store(), selection)
        notable = explained_spikes(viewer, the_store(), selection, MOST_EVENTS)
    names = readers.repository_names(viewer)
    told = [(each, _address(each, names, _days_around(viewer, each, selection))) for each in notable]
    picture = readers.picture(viewer, selection, "views", grain)
    if picture is not None and notable:
        picture = _marked(picture, notable, grain)
    return Outstanding(overview_spikes.listed(told) if told else "", len(found) - len(notable), picture)


def _marked(picture: Picture, notable: tuple[Spike, ...], grain: Grain) -> Picture:
    """The chart with the number of each event above its period."""
    rows: DataFrame = picture.rows.to_pandas()
    tops = rows.groupby("at")["top"].max()
    heights = {moment.date(): int(top) for moment, top in tops.items()}
    marks = [
        charts.Mark(number, each.peak, heights.get(charts.period_of(each.peak, grain), 0), overview_spikes.plain(each))
        for number, each in enumerate(notable, start=1)
        if each.metric == "views"
    ]
    return replace(
        picture,
        specification=charts.marked(picture.specification, marks, grain),
        alt=f"{picture.alt} Numbered days stood out: {'; '.join(overview_spikes.plain(each) for each in notable)}.",
    )


def _days_around(viewer: Viewer, event: Spike, selection: Selection) -> tuple[date, date]:
    yesterday = (selection.today or utc_day(utc_now())) - timedelta(days=1)
    return _known(viewer, event.first - AROUND, min(event.last + AROUND, yesterday))


def _known(viewer: Viewer, first: date, last: date) -> tuple[date, date]:
    """The days of a link: none before the first known one, of which a page would say that it is not there."""
    known = readers.day_range(viewer)
    return (max(first, known[0]) if known and known[0] <= last else first), last


def _address(event: Spike, names: Mapping[int, str], days: tuple[date, date]) -> str:
    """Where the repository's page shows the days around an event; beside the overview, wherever the app is."""
    asked = [("of", names.get(event.repository_id, event.full_name)), ("range", "Custom")]
    return f"repository?{urlencode([*asked, *(('dates', str(day)) for day in days)])}"


@lru_cache(maxsize=128)
def _listed(viewer: Viewer, place: Place, selection: Selection, wish: Wish) -> tuple[Any, int, int]:
    days = _known(viewer, selection.first, selection.last)
    rows, total = overview_rows.page(_rows(viewer, place, selection), readers.repository_names(viewer), wish, days)
    return arrow_table(rows), len(rows), total


@lru_cache(maxsize=8)  # of up to 10,000 rows
def _rows(viewer: Viewer, place: Place, selection: Selection) -> DataFrame:
    with st.spinner(READING):
        return traffic.repository_sums(viewer, the_store(), selection)


@lru_cache(maxsize=64)
def _attention(viewer: Viewer, place: Place, day: date) -> Attention:
    stale = health.stale_endpoints(viewer, the_store(), utc_now())
    return overview_rows.attention(repository_status.repository_rows(viewer, the_store(), utc_day(utc_now())), stale)


@lru_cache(maxsize=64)
def _tokens_of(account: Account, place: Place, control_version: int) -> tuple[tuple[StoredToken, str], ...]:
    seen = administered(account, the_store())
    if not seen.tenant_ids:
        return ()
    names = {each.tenant_id: each.name for each in tenants(seen, the_store())}
    found = tokens.tokens(seen, the_store())
    return tuple((each, names[each.tenant_id]) for each in found if each.tenant_id in names)
