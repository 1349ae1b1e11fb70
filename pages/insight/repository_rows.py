"""Arranges what is known of a repository's days for one chart of several lanes on the same axis of time. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from pandas import DataFrame

from data.calendar import monday
from data.insight.notes import Note
from data.insight.spike_causes import Spike
from data.traffic.models import Grain, Selection
from pages.ui import drawings
from pages.ui.charts.time_marks import period_name

MARKS = "marks"  # the lane of releases and notes, above all others
COUNTED = {"views": "view_uniques", "clones": "clone_uniques"}  # lanes with bars, and the people that stand before them
BARS = (*COUNTED, "stars_gained")
LINES = ("forks", "downloads")
SPIKE = "Spike"
STATES = {"final": "final", "pending": "pending: may still change", "gap": "gap: known in part at most"}
PEOPLE = {"github": "as GitHub counted them", "days": "the days’ added up"}
_HALF = {Grain.DAY: (0.39, 0.5), Grain.WEEK: (2.8, 3.5)}  # days to either side of a period: its bar, its band


@dataclass(frozen=True, slots=True)
class Story:
    """What the chart draws: its lanes from the top, its days, how long a bar is, and its rows (see `_periods`)."""

    lanes: tuple[str, ...]
    first: date
    last: date
    grain: Grain
    rows: DataFrame

    @property
    def tells(self) -> bool:
        """Whether anything of traffic is known, or known to be a gap."""
        return any(lane in BARS for lane in self.lanes)

    @property
    def spiked(self) -> frozenset[str]:
        """The lanes in which days stand out."""
        return frozenset(name for name in COUNTED if f"{name} {SPIKE}" in set(self.rows["lane"]))

    @property
    def has(self) -> set[str]:
        """Which states some bar has."""
        return set(self.rows["state"].dropna())


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a day: a release, a note, or a spike of a metric; and what is written of it."""

    day: date
    kind: str
    text: str
    metric: str = ""


def marks(releases: DataFrame, notes: Iterable[Note]) -> list[Mark]:
    """The releases and notes by day."""
    found = [
        Mark(day, "Release", tag if pd.isna(name) or name == tag or not name else f"{tag}: {name}")
        for day, tag, name in zip(releases["day"], releases["tag_name"], releases["name"], strict=True)
    ]
    found += [Mark(each.day, "Note", each.note) for each in notes]
    return sorted(found, key=lambda each: (each.day, each.kind, each.text))


def spike_marks(spikes: Iterable[Spike]) -> list[Mark]:
    """The days that stand out, as marks in the lanes of their metrics."""
    return [
        Mark(each.peak, SPIKE, f"{each.value:,} {each.metric}, {each.expected:,.0f} expected", each.metric)
        for each in spikes
    ]


def story(series: DataFrame, counters: DataFrame, found: Sequence[Mark], selection: Selection) -> Story:
    """Arrange the rows of traffic.series and repository.counters, of one repository, with its marks."""
    grain = drawings.legible(Grain.DAY, selection.first, selection.last)
    of_one = series[series["repository_id"].notna()]
    parts = [_counted(of_one, metric, grain) for metric in COUNTED]
    parts += [_gained(counters, grain, selection)]
    parts += [_counter(counters, name, selection) for name in LINES]
    parts += [_marks([each for each in found if each.kind != SPIKE])]
    lanes = tuple(part["lane"].iloc[0] for part in parts if len(part))
    if grain is Grain.DAY:  # the bar of a week says nothing of a day in it
        parts += [_marks([each for each in found if each.kind == SPIKE])]
    ordered = tuple(sorted(lanes, key=[MARKS, *BARS, *LINES].index))
    columns = [*("lane", "at", "from", "to", "floor", "value", "people"), *("state", "open", "when", "told")]
    columns += ["kind", "text", "spoken"]
    filled = [part for part in parts if len(part)]
    rows = pd.concat(filled, ignore_index=True) if filled else DataFrame(columns=columns)
    first, last = selection.first, selection.last
    if grain is Grain.WEEK:
        first, last = monday(first), monday(last) + timedelta(days=6)
    return Story(ordered, first, last, grain, rows.reindex(columns=columns))


def _counted(series: DataFrame, metric: str, grain: Grain) -> DataFrame:
    """A lane of bars with people before them, as far as the metric is known or a gap."""
    of_metric = series[series["metric"] == metric]
    if of_metric["value"].isna().all() and not (of_metric["state"] == "gap").any():
        of_metric = of_metric.iloc[:0]  # pending from first to last: there is nothing to draw
    people = series[series["metric"] == COUNTED[metric]].set_index("period")
    rows = _periods(list(of_metric["period"]), grain)
    rows["lane"] = metric
    rows["value"] = of_metric["value"].astype("float64").to_numpy(na_value=float("nan"))
    rows["people"] = people["value"].reindex(of_metric["period"]).astype("float64").to_numpy(na_value=float("nan"))
    rows["state"] = [str(state) for state in of_metric["state"]]
    rows["open"] = rows["state"] != "final"
    kinds = people["kind"].reindex(of_metric["period"])
    rows["kind"] = [PEOPLE["github" if pd.isna(kind) else str(kind)] for kind in kinds]  # of a day always GitHub's
    rows["told"] = rows["state"].map(STATES)
    return _said(rows)


def _gained(counters: DataFrame, grain: Grain, selection: Selection) -> DataFrame:
    """The stars gained; of weeks, those of their known days."""
    known = counters[counters["stars_gained"].notna()]
    if grain is Grain.WEEK:
        weeks = [monday(day) for day in known["day"]]
        gained = known["stars_gained"].groupby(weeks).sum()
    else:
        gained = known.set_index("day")["stars_gained"]
    rows = _periods(list(gained.index), grain)
    rows["lane"] = "stars_gained"
    rows["value"] = gained.astype("float64").to_numpy()
    rows["open"] = False
    return _said(rows)


def _counter(counters: DataFrame, name: str, selection: Selection) -> DataFrame:
    """A lane with a counter as it was read; it stays what it was until it is read anew."""
    known = counters[counters[name].notna()]
    rows = _periods(list(known["day"]), Grain.DAY)
    rows["lane"] = name
    rows["value"] = known[name].astype("float64").to_numpy()
    rows["open"] = False
    return _said(rows)


def _marks(found: Sequence[Mark]) -> DataFrame:
    rows = _periods([each.day for each in found], Grain.DAY)
    rows["lane"] = [f"{each.metric} {SPIKE}" if each.metric else MARKS for each in found]
    rows["kind"] = [each.kind for each in found]
    rows["text"] = [each.text for each in found]
    rows["spoken"] = [f"{mark.kind}, {when}: {mark.text}" for mark, when in zip(found, rows["when"], strict=True)]
    return rows


def _periods(periods: Sequence[date], grain: Grain) -> DataFrame:
    """A row a period: at, from and to (UTC: a bar's middle and ends), when (the period as people call it)."""
    at = pd.to_datetime(pd.Series(list(periods), dtype="object")).astype("datetime64[us]")
    if grain is Grain.WEEK:
        at += timedelta(days=3)  # the middle of the week
    half = pd.Timedelta(days=_HALF[grain][0])
    names = {period: period_name(period, grain) for period in periods}
    when = [names[period] for period in periods]
    return DataFrame({"at": at, "from": at - half, "to": at + half, "floor": 0.0, "when": when})


def _said(rows: DataFrame) -> DataFrame:
    told = rows["told"] if "told" in rows else ["final"] * len(rows)
    pairs = zip(rows["when"], rows["value"], told, strict=True)
    rows["spoken"] = [
        f"{when}: {'unknown' if pd.isna(value) else f'{value:,.0f}'}, {how}" for when, value, how in pairs
    ]
    return rows
