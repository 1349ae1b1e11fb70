"""Cached readers of the repository page: each part is read and arranged once a version of the store, viewer and days.

A selection here is of one repository; see data.insight.repository. What is answered is ready to be shown, shared
by all who ask the same, and nothing that a page would change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from data.accounts.models import Viewer
from data.insight import notes
from data.insight import repository as repository_story
from data.insight.events import before_and_after as before_and_after_of
from data.insight.notes import Note
from data.insight.spike_causes import Spike, repository_spikes
from data.repositories.models import Repository
from data.repositories.repositories import repositories
from data.store.arrow import arrow_table
from data.traffic.models import Grain, Selection
from pages.insight import coverage_rows, event_rows, people_rows, repository_rows, spike_words
from pages.insight.event_rows import Card, Event
from pages.insight.people_rows import People
from pages.insight.repository_rows import Mark, Story
from pages.insight.spike_words import SpikeText
from pages.ui import drawings, readers
from pages.ui.charts import coverage as coverage_charts
from pages.ui.charts import events as event_charts
from pages.ui.charts import lanes as looks
from pages.ui.charts import repository as charts
from pages.ui.readers import Place
from pages.ui.store import the_store


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as Streamlit takes it: its rows (Arrow), its Vega-Lite specification, its text, its legend as HTML."""

    rows: Any
    specification: dict[str, Any]
    alt: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of the days of one metric: how many there are of each kind, the calendar, the week's pattern.

    The calendar is None where no day is known, the pattern where none is final.
    """

    counts: Mapping[str, int]
    calendar: Chart | None
    weekdays: Chart | None


@dataclass(frozen=True, slots=True)
class BeforeAndAfter:
    """An event's cards and table, the days of each metric around it, and what to know of windows that lack days."""

    cards: tuple[Card, ...]
    table: Any
    around: Mapping[str, Chart]
    incomplete: tuple[str, ...]


def repository(viewer: Viewer, repository_id: int) -> Repository | None:
    """The visible repository of that id; None for a stranger's as for one that is not there."""
    return _repositories(viewer, readers.place()).get(repository_id)


def one(selection: Selection) -> int:
    """The repository that a selection is of."""
    (repository_id,) = selection.repository_ids or {0}
    return repository_id


def story(viewer: Viewer, selection: Selection) -> Chart | None:
    """Views, clones, stars, forks and downloads as lanes of one chart, with what happened; None: nothing is known."""
    return _story(viewer, readers.place(), selection)


def people(viewer: Viewer, selection: Selection) -> People:
    """The true numbers of people, beside the sums of daily ones."""
    return _people(viewer, readers.place(), selection)


def notes_of(viewer: Viewer, selection: Selection) -> tuple[Note, ...]:
    """The notes that concern the repository, in these days."""
    return _notes(viewer, readers.place(), selection)


def spikes(viewer: Viewer, selection: Selection) -> tuple[SpikeText, ...]:
    """The days that stand out, the greatest first, in words."""
    return _spikes(viewer, readers.place(), selection)


def events(viewer: Viewer, selection: Selection) -> tuple[Event, ...]:
    """The releases, notes and spikes of these days, the newest first."""
    return _events(viewer, readers.place(), selection)


def before_and_after(viewer: Viewer, selection: Selection, day: date) -> BeforeAndAfter:
    """What came before and after a day, which may lie outside of the selection."""
    return _before_and_after(viewer, readers.place(), selection, day)


def coverage(viewer: Viewer, selection: Selection, metric: str) -> Coverage:
    """The states of the days of views or clones."""
    return _coverage(viewer, readers.place(), selection, metric)


@lru_cache(maxsize=16)
def _repositories(viewer: Viewer, place: Place) -> Mapping[int, Repository]:
    return MappingProxyType({each.repository_id: each for each in repositories(viewer, the_store())})


@lru_cache(maxsize=64)
def _story(viewer: Viewer, place: Place, selection: Selection) -> Chart | None:
    grain = drawings.legible(Grain.DAY, selection.first, selection.last)
    series = readers.series(viewer, selection, grain)
    counters = repository_story.counters(viewer, the_store(), selection)
    spiked = repository_rows.spike_marks(_outstanding(viewer, place, selection))
    found = repository_rows.story(series, counters, [*_marks(viewer, place, selection), *spiked], selection)
    if not found.tells:
        return None
    kinds = set(found.rows.loc[found.rows["text"].notna(), "kind"])
    shape = charts.LaneShape(found.lanes, found.first, found.last, found.spiked)
    specification = charts.lanes_specification(shape)
    legend = looks.legend(found.lanes, found.has, kinds)
    return Chart(arrow_table(found.rows), specification, _alt(found), legend)


@lru_cache(maxsize=64)
def _people(viewer: Viewer, place: Place, selection: Selection) -> People:
    windows = repository_story.true_uniques(viewer, the_store(), selection)
    return people_rows.people(windows, repository_story.true_weeks(viewer, the_store(), selection))


@lru_cache(maxsize=64)
def _notes(viewer: Viewer, place: Place, selection: Selection) -> tuple[Note, ...]:
    return tuple(notes.notes(viewer, the_store(), selection.first, selection.last, one(selection)))


@lru_cache(maxsize=64)
def _marks(viewer: Viewer, place: Place, selection: Selection) -> tuple[Mark, ...]:
    releases = repository_story.releases(viewer, the_store(), selection)
    return tuple(repository_rows.marks(releases, _notes(viewer, place, selection)))


def _outstanding(viewer: Viewer, place: Place, selection: Selection) -> tuple[Spike, ...]:
    return repository_spikes(viewer, the_store(), selection)


@lru_cache(maxsize=64)
def _spikes(viewer: Viewer, place: Place, selection: Selection) -> tuple[SpikeText, ...]:
    return tuple(spike_words.spike(each) for each in _outstanding(viewer, place, selection))


@lru_cache(maxsize=64)
def _events(viewer: Viewer, place: Place, selection: Selection) -> tuple[Event, ...]:
    return tuple(event_rows.events(_marks(viewer, place, selection), _outstanding(viewer, place, selection)))


@lru_cache(maxsize=64)
def _before_and_after(viewer: Viewer, place: Place, selection: Selection, day: date) -> BeforeAndAfter:
    found = before_and_after_of(viewer, the_store(), one(selection), day, selection.today)
    around = {}
    for metric, name in event_rows.METRICS.items():
        rows = event_rows.around(found, metric, day)
        alt = event_rows.around_text(rows, name, day)
        around[metric] = Chart(arrow_table(rows), event_charts.around_specification(), alt)
    cards, incomplete = tuple(event_rows.cards(found)), tuple(event_rows.incomplete(found))
    return BeforeAndAfter(cards, arrow_table(event_rows.table(found)), MappingProxyType(around), incomplete)


@lru_cache(maxsize=64)
def _coverage(viewer: Viewer, place: Place, selection: Selection, metric: str) -> Coverage:
    days = repository_story.days(viewer, the_store(), selection)
    if days.empty:
        return Coverage(MappingProxyType({}), None, None)
    rows, pattern = coverage_rows.calendar(days, metric), coverage_rows.weekdays(days, metric)
    counts = coverage_rows.counts(rows)
    told = ", ".join(f"{kind.lower()} {count:,}" for kind, count in counts.items())
    text = f"A calendar of {len(rows):,} days of {metric} by state: {told}."
    calendar = Chart(arrow_table(rows), coverage_charts.calendar_specification(), text, coverage_charts.legend())
    if pattern.empty:
        return Coverage(counts, calendar, None)
    text = f"{metric.capitalize()} by weekday: {'; '.join(pattern['spoken'])}."
    return Coverage(counts, calendar, Chart(arrow_table(pattern), coverage_charts.weekdays_specification(), text))


def _alt(found: Story) -> str:
    """The chart in a sentence, for those who do not see it."""
    names = [looks.LANES[lane].title.lower() for lane in found.lanes if lane in looks.LANES]
    views = found.rows[(found.rows["lane"] == "views") & found.rows["value"].notna()]
    text = f"{', '.join(names)}, {found.first} to {found.last} (UTC)."
    if len(views):
        most = views.loc[views["value"].idxmax()]
        text += f" The most views are {most['value']:,.0f}: {most['when']}."
    count = int((found.rows["lane"] == repository_rows.MARKS).sum())
    return text[:1].upper() + text[1:] + (f" Releases and notes that are marked: {count}." if count else "")
