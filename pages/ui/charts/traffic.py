"""Charts of traffic: rows of data.traffic.traffic.series in, a Vega-Lite specification out. Pure but for the reader.

A pending period is hollow or dashed, a gap is a shaded band, and neither is ever drawn as zero. Periods are UTC days:
the time axis is a UTC one, so that a day is the same day in every time zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cache, partial
from typing import Any

import altair as alt
import numpy as np
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight.compare import Measure
from data.store import Store
from data.store.arrow import arrow_columns, numpy_values
from data.store.cache import cached
from data.text import counted, days_text, number_text, others_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import COUNTERS, series
from pages.ui.charts.bars_and_lines import (
    PARTLY,
    POINTED,
    Channels,
    Column,
    Marks,
    answer_layer,
    bar_layer,
    end_labels,
    filled,
    gap_layer,
    label_layer,
    line_layers,
    partly,
    period_name,
    placed,
    sums_of_periods,
    time_axis,
    totals,
    with_imports,
)
from pages.ui.charts.chart import (
    COLOURS,
    TOP,
    Chart,
    Legend,
    caption_of,
    colours_of,
    count_axis,
    layered,
    state_parts,
    tooltip,
)
from pages.ui.charts.counterpart import Counterpart, counterpart, counterparts, why_not

METRICS = {
    "views": "Views",
    "view_uniques": "Unique visitors",
    "clones": "Clones",
    "clone_uniques": "Unique cloners",
    "stars": "Stars",
    "forks": "Forks",
    "watchers": "Watchers",
    "open_issues_and_pull_requests": "Open issues and pull requests",
}
COUNTS = {"views", "clones"}  # these add up over repositories; uniques do not
MOST_SERIES = 8
LONGEST_BY_DAY = 400  # days; of more, a bar would be narrower than a pixel on many screens
PERIODS = {Grain.DAY: "per day", Grain.WEEK: "per week", Grain.MONTH: "per month"}
HEIGHT = 360


@dataclass(frozen=True, slots=True)
class ChartShape:
    """All of a chart that is not its rows: the series from the largest to the smallest, the periods from first to last.

    The last series is of all other repositories where `has_rest`; some period is a gap where `has_gaps`.
    """

    metric: str
    grain: Grain
    names: tuple[str, ...]
    has_rest: bool
    periods: tuple[date, ...]
    has_gaps: bool
    ids: tuple[tuple[str, int], ...] = ()  # of the series that are repositories

    @property
    def stacked(self) -> bool:
        """Whether periods are bars, one series on the other: counts add up; uniques of several repositories do not, and
        what a counter says does not over time.
        """
        return self.metric not in COUNTERS and (len(self.names) == 1 or self.metric in COUNTS)


@dataclass(frozen=True, slots=True, eq=False)
class ChartData:
    """A chart's shape and its rows, one a series and period, as columns: those of bars_and_lines.placed."""

    shape: ChartShape
    columns: Mapping[str, Column]


@cached("traffic", in_words=True)
def traffic_chart(
    viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain, *, split: bool = True
) -> Chart | None:
    """A selection as a chart of one metric, of counts split by repository or as one; None where no number is known."""
    rows = series(viewer, store, selection, grain, metric)
    if rows["value"].isna().all():
        return None
    data = chart_data(rows, metric, grain, split=split)
    columns = {name: column for name, column in data.columns.items() if name != "period"}
    title = f"{METRICS[metric]} {f'by {grain}' if metric in COUNTERS else PERIODS[grain]}"
    caption = caption_of(viewer, store, selection, title)
    drawn, alt = specification(data.shape), alt_text(data)
    before = _before(viewer, store, selection, data.shape)
    if before is None:
        hint = why_not(selection, metric, grain) if metric not in COUNTERS and not data.shape.stacked else ""
        return Chart(arrow_columns(columns), drawn, alt, legend(data), caption, hint)
    columns |= before.columns(data.columns["period"], data.columns["name"])
    parts = legend(data, *before.legend)
    return Chart(
        arrow_columns(columns), before.drawn(drawn), f"{alt} Dashed: {before.title}.", parts, caption, before.hint
    )


def _before(viewer: Viewer, store: Store, selection: Selection, shape: ChartShape) -> Counterpart | None:
    """What a chart is compared with: of bars all together, of lines each; what counters say is no sum of days."""
    if shape.metric in COUNTERS:
        return None
    if shape.stacked:
        return counterpart(viewer, store, selection, shape.metric, shape.grain)
    shown = replace(selection, repository_ids=frozenset(key for _, key in shape.ids), search="")
    return counterparts(viewer, store, shown, Measure(shape.metric), shape.grain)


def legible(grain: Grain, first: date, last: date) -> Grain:
    """The grain, but weeks instead of days where the days are too many to be told apart."""
    return Grain.WEEK if grain is Grain.DAY and (last - first).days >= LONGEST_BY_DAY else grain


def chart_data(rows: DataFrame, metric: str, grain: Grain, *, split: bool = True) -> ChartData:
    """Arrange the rows of data.traffic.traffic.series for a chart of one metric.

    The largest repositories are drawn each; of counts, what remains of the total is one more series, or, where they are
    not split, the total is the only one.
    """
    left_out = int(rows.attrs.get("left_out", 0))
    called, periods, values, pending, keys = (
        numpy_values(rows[name]) for name in ("full_name", "period", "value", "pending", "repository_id")
    )
    is_total = np.isnan(keys)
    marks = CountedMarks(called, periods, values, with_imports(rows, grain), np.nan_to_num(pending))
    sizes: dict[str, float] = {}
    for name, value in zip(called[~is_total].tolist(), np.nan_to_num(values[~is_total]).tolist(), strict=True):
        # of a counter the newest reading says how large it is, however often it was read
        sizes[name] = value if metric in COUNTERS else sizes.get(name, 0.0) + value
    names = sorted(sorted(sizes), key=lambda name: -sizes[name])[:MOST_SERIES]
    is_shown = np.isin(called, names)
    shown, more = marks.only(is_shown), len(sizes) - len(names) + left_out
    has_rest = more > 0 and metric in COUNTS
    if not split and metric in COUNTS and len(names) + has_rest > 1:
        names, has_rest = [counted(len(sizes) + left_out, "repository")], False
        shown = marks.called(names[0]).only(is_total)
    elif has_rest:
        names.append(others_text(more))
        shown = shown.followed_by(marks.beyond(is_shown).called(names[-1]).only(is_total))
    if grain is not Grain.DAY and metric in COUNTS:
        shown = _parted(shown)
    elif grain is not Grain.DAY and metric not in COUNTERS and len(names) == 1:
        shown = replace(shown, states=partly(shown.states))
    columns = placed(shown, names, grain)
    columns |= totals(columns) | end_labels(columns, HEIGHT)
    has_gaps = bool((columns["state"] == "gap").any())
    key_of = dict(zip(called[is_shown], keys[is_shown], strict=True))
    ids = tuple((name, int(key)) for name, key in key_of.items() if name in names)
    drawn = tuple(np.unique(shown.periods).tolist())
    return ChartData(ChartShape(metric, grain, tuple(names), has_rest, drawn, has_gaps, ids), columns)


def alt_text(data: ChartData) -> str:
    rows, shape = data.columns, data.shape
    if not shape.periods:
        return "A chart without data."
    kind = "Bars" if shape.stacked else "Lines"
    names = shape.names[0] if len(shape.names) == 1 else f"{len(shape.names)} series"
    span = f"{days_text(shape.periods[0], shape.periods[-1])} (UTC)"
    per = f"by {shape.grain}" if shape.metric in COUNTERS else PERIODS[shape.grain]
    text = f"{kind} of {METRICS[shape.metric].lower()} {per}, {names}, {span}."
    if shape.stacked and not np.isnan(rows["total"]).all():
        most = np.nanargmax(rows["total"])
        when = period_name(rows["period"][most].item(), shape.grain)
        text += f" Most: {number_text(int(rows['total'][most]))}, {when}."
    kinds = (
        (("partial",), "Partial periods"),
        (("pending", PARTLY), "Pending periods"),
        (("gap",), "Periods with a gap"),
    )
    for states, name in kinds:
        periods = len(np.unique(rows["period"][np.isin(rows["state"], states)]))
        text += f" {name}: {periods}." if periods else ""
    return text


@dataclass(frozen=True, slots=True, eq=False)
class CountedMarks(Marks):
    """Marks with the part of each value that is of pending days."""

    pending: Column

    def called(self, name: str) -> "CountedMarks":
        return replace(self, names=np.full(len(self.names), name, dtype=object))

    def beyond(self, others: Column) -> "CountedMarks":
        """The marks without what the others of their periods add up to."""
        both = (self.values, self.pending)
        values, pending = (each - sums_of_periods(self.periods, np.where(others, each, 0)) for each in both)
        return replace(self, values=values, pending=pending)

    def followed_by(self, others: "CountedMarks") -> "CountedMarks":
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return CountedMarks(*(np.concatenate(pair) for pair in pairs))


def _parted(marks: CountedMarks) -> CountedMarks:
    """The marks of weeks or months, each in two: what is final of it so far, and what is of pending days, hollow."""
    states = np.where(marks.states == "pending", "so far", marks.states).astype(object)
    so_far = replace(marks, values=marks.values - marks.pending, states=states)
    is_open = marks.pending > 0
    open_part = replace(marks, values=marks.pending, states=np.full(len(states), "pending", dtype=object))
    return so_far.only(~is_open | (so_far.values > 0)).followed_by(open_part.only(is_open))


def specification(shape: ChartShape) -> dict[str, Any]:
    pointed, several = len(shape.periods) <= POINTED, len(shape.names) > 1
    kind = _of_kind(shape.metric, shape.stacked, pointed, shape.has_gaps, several)
    return filled(kind, colours(shape), shape.periods, shape.grain)


@cache
def _of_kind(metric: str, stacked: bool, pointed: bool, has_gaps: bool, several: bool) -> dict[str, Any]:
    """The specification but for names, colours and ticks: Altair takes a tenth of a second to make one."""
    titles = {"when": "When (UTC)", "name": "Repository", "value": METRICS[metric], "state_text": "State"}
    titles |= {"total": "Total"} if stacked and several else {}
    value = partial(count_axis, zero=metric not in COUNTERS)
    scale = alt.Scale(domain=[""], range=[""])
    channels = Channels(time_axis, value, scale, None, tooltip(titles, value=",d", total=",d"))
    gaps = gap_layer(channels, COLOURS["gap"], has_gaps=has_gaps)
    if stacked:
        return TOP | layered(answer_layer(channels), gaps, bar_layer(channels), height=HEIGHT)
    labels = [label_layer(channels)] if several else []
    lines = line_layers(channels, pointed=pointed)
    return TOP | layered(gaps, *lines, *labels, height=HEIGHT)


def colours(shape: ChartShape) -> dict[str, str]:
    named = shape.names[:-1] if shape.has_rest else shape.names
    return dict.fromkeys(shape.names, COLOURS["rest"]) | colours_of(named, dict(shape.ids))


def legend(data: ChartData, *more: tuple[str, str]) -> Legend:
    """The names of several series, and the states that are not final."""
    parts = [(f"background:{colour}", name) for name, colour in colours(data.shape).items()]
    parts = parts if len(parts) > 1 else []
    return [*parts, *more, *state_parts(set(data.columns["state"]))]
