"""Arranges rows of traffic for a chart: which series there are, where each mark stands, what is told of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from data.traffic.models import Grain

Column = NDArray[Any]

METRICS = {
    "views": "Views",
    "view_uniques": "Unique visitors",
    "clones": "Clones",
    "clone_uniques": "Unique cloners",
}
COUNTS = {"views", "clones"}  # these add up over repositories; uniques do not
MOST_SERIES = 8
LONGEST_BY_DAY = 400  # days; of more, a bar would be narrower than a pixel on many screens
PERIODS = {Grain.DAY: "a day", Grain.WEEK: "a week", Grain.MONTH: "a month"}
_BAR_DAYS = {Grain.DAY: 0.78, Grain.WEEK: 5.6, Grain.MONTH: 24.0}
_BAND_DAYS = {Grain.DAY: 1.0, Grain.WEEK: 7.0, Grain.MONTH: 30.4}
_STATES = {"final": "final", "pending": "pending: it may still change", "gap": "gap: known in part at most"}


@dataclass(frozen=True, slots=True)
class Shape:
    """All of a chart that is not its rows: the series from the largest to the smallest, the periods from first to last.

    The last series is of all other repositories where `has_rest`; some period is a gap where `has_gaps`.
    """

    metric: str
    grain: Grain
    names: tuple[str, ...]
    has_rest: bool
    periods: tuple[date, ...]
    has_gaps: bool

    @property
    def stacked(self) -> bool:
        """Whether periods are bars, one series on the other: counts add up, uniques of several repositories do not."""
        return len(self.names) == 1 or self.metric in COUNTS


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A chart's shape and its rows, one a series and period, as columns: see `_placed`."""

    shape: Shape
    columns: Mapping[str, Column]

    @property
    def rows(self) -> DataFrame:
        """The rows as a table."""
        return DataFrame(dict(self.columns))


def legible(grain: Grain, first: date, last: date) -> Grain:
    """The grain, but weeks instead of days where the days are too many to be told apart."""
    return Grain.WEEK if grain is Grain.DAY and (last - first).days >= LONGEST_BY_DAY else grain


def drawing(rows: DataFrame, metric: str, grain: Grain) -> Drawing:
    """Arrange the rows of data.traffic.traffic.series for a chart of one metric.

    The largest repositories are drawn each; of counts, what remains of the total is one more series.
    """
    of_metric = _Marks.of(rows[(rows["metric"] == metric).to_numpy(dtype=bool)])
    each = of_metric.only(~of_metric.is_total)
    sums = dict.fromkeys(sorted(set(each.names)), 0.0)
    for name, value in zip(each.names, np.nan_to_num(each.values), strict=True):
        sums[name] += value
    names = sorted(sums, key=lambda name: -sums[name])[:MOST_SERIES]
    shown = each.only(np.isin(each.names, names))
    more = len(sums) - len(names) + int(rows.attrs.get("left_out", 0))
    has_rest = more > 0 and metric in COUNTS
    if has_rest:
        names.append(f"Other {more:,} repositories")
        shown = shown.beside(of_metric.only(of_metric.is_total).without(shown, names[-1]))
    placed = _placed(shown, names, grain)
    periods = tuple(sorted(set(shown.periods)))
    has_gaps = bool((placed["state"] == "gap").any())
    return Drawing(Shape(metric, grain, tuple(names), has_rest, periods, has_gaps), placed)


def alt_text(drawn: Drawing) -> str:
    """The chart in a sentence, for those who do not see it."""
    rows, shape = drawn.columns, drawn.shape
    if not shape.periods:
        return "A chart without data."
    kind = "Bars" if shape.stacked else "Lines"
    names = shape.names[0] if len(shape.names) == 1 else f"{len(shape.names)} series"
    span = f"{shape.periods[0]} to {shape.periods[-1]} (UTC)"
    text = f"{kind} of {METRICS[shape.metric].lower()} {PERIODS[shape.grain]}, {names}, {span}."
    known = ~np.isnan(rows["value"])
    if shape.stacked and known.any():
        sums: dict[date, float] = {}
        for period, value in zip(rows["period"][known], rows["value"][known], strict=True):
            sums[period] = sums.get(period, 0) + value
        most = max(sums, key=lambda period: sums[period])
        text += f" The most are {int(sums[most]):,}: {period_name(most, shape.grain)}."
    for state, told in (("pending", "Pending periods"), ("gap", "Periods with a gap")):
        periods = len(set(rows["period"][rows["state"] == state]))
        text += f" {told}: {periods}." if periods else ""
    return text


def period_name(period: date, grain: Grain) -> str:
    """A period as people call it: its day, its ISO week, its month."""
    if grain is Grain.MONTH:
        return f"{period:%B %Y}"
    if grain is Grain.WEEK:
        year, week, _ = period.isocalendar()
        last = period + timedelta(days=6)
        return f"Week {week} of {year}, {period.day} {period:%b} to {last.day} {last:%b}"
    return f"{period:%A}, {period.day} {period:%B %Y}"


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """Rows of one metric as columns: of which series, of which period, its value (NaN: unknown) and state."""

    names: Column
    periods: Column
    values: Column
    states: Column
    is_total: Column

    @classmethod
    def of(cls, rows: DataFrame) -> "_Marks":
        """Those of a table of data.traffic.traffic.series."""
        names, periods, states = (rows[name].to_numpy(dtype=object) for name in ("full_name", "period", "state"))
        values = rows["value"].to_numpy(dtype=np.float64, na_value=np.nan)
        return cls(names, periods, values, states, rows["repository_id"].isna().to_numpy(dtype=bool))

    def only(self, kept: Column) -> "_Marks":
        """Some of them."""
        return _Marks(*(getattr(self, field.name)[kept] for field in fields(self)))

    def beside(self, others: "_Marks") -> "_Marks":
        """These, then those."""
        pairs = ((getattr(self, field.name), getattr(others, field.name)) for field in fields(self))
        return _Marks(*(np.concatenate(pair) for pair in pairs))

    def without(self, drawn: "_Marks", name: str) -> "_Marks":
        """What a total has beyond the series that are drawn each."""
        sums: dict[date, float] = {}
        for period, value in zip(drawn.periods, np.nan_to_num(drawn.values), strict=True):
            sums[period] = sums.get(period, 0) + value
        rest = self.values - [sums.get(period, 0) for period in self.periods]
        return replace(self, names=np.full(len(rest), name, dtype=object), values=rest)


def _placed(marks: _Marks, names: Sequence[str], grain: Grain) -> dict[str, Column]:
    """The rows by period and rank, with all that marks need.

    name, period, value (NaN: unknown), state; open (not final), piece (a line's: it breaks at gaps), dashed (what a
    dashed line goes through); at, bar_from, bar_to, band_from, band_to (UTC), bottom, top; when, told, spoken (texts);
    gaps (the series of which the period is a gap; once a period, else unknown).
    """
    rank_of = {name: rank for rank, name in enumerate(names)}
    ranks = np.array([rank_of[name] for name in marks.names], dtype=np.int64)
    days = marks.periods.astype("datetime64[D]")
    order = np.lexsort((ranks, days))
    marks, ranks, days = marks.only(order), ranks[order], days[order]
    found = {"name": marks.names, "period": marks.periods, "value": marks.values, "state": marks.states}
    found |= _bars(days, np.nan_to_num(marks.values), grain)
    found |= _lines(ranks, marks)
    return found | _texts(marks, grain)


def _bars(days: Column, known: Column, grain: Grain) -> dict[str, Column]:
    found: dict[str, Column] = {"at": days.astype("datetime64[s]")}
    moments = days.astype("datetime64[us]")
    for name, width in (("bar", _BAR_DAYS[grain]), ("band", _BAND_DAYS[grain])):
        half = np.timedelta64(timedelta(days=width / 2))
        found |= {f"{name}_from": moments - half, f"{name}_to": moments + half}
    tops = np.cumsum(known)
    _, begins, of = np.unique(days, return_index=True, return_inverse=True)
    tops -= (tops - known)[begins][of]
    return found | {"top": tops, "bottom": tops - known}


def _lines(ranks: Column, marks: _Marks) -> dict[str, Column]:
    """Of each series apart: where its line is in pieces, and where it is dashed."""
    is_open = marks.states != "final"
    breaks = np.isnan(marks.values) | (marks.states == "gap")
    pieces, dashed = np.zeros(len(ranks), dtype=np.int64), is_open.copy()
    for rank in set(ranks.tolist()):
        rows = np.flatnonzero(ranks == rank)
        pieces[rows] = np.cumsum(breaks[rows])
        dashed[rows[:-1]] |= is_open[rows[1:]]
    return {"open": is_open, "piece": pieces, "dashed": dashed}


def _texts(marks: _Marks, grain: Grain) -> dict[str, Column]:
    called = {period: period_name(period, grain) for period in set(marks.periods)}
    when = [called[period] for period in marks.periods]
    told = [_STATES[state] for state in marks.states]
    said = zip(marks.names, when, marks.values, told, strict=True)
    spoken = [f"{name}, {at}: {value:,.0f}, {state}" for name, at, value, state in said]
    found = {"when": when, "told": told, "spoken": spoken, "gaps": _gaps(marks)}
    return {name: np.array(texts, dtype=object) for name, texts in found.items()}


def _gaps(marks: _Marks) -> list[str | None]:
    names: dict[date, list[str]] = {}
    places: dict[date, int] = {}
    for place in np.flatnonzero(marks.states == "gap").tolist():
        period = marks.periods[place]
        names.setdefault(period, []).append(marks.names[place])
        places.setdefault(period, place)
    found: list[str | None] = [None] * len(marks.names)
    for period, place in places.items():
        found[place] = ", ".join(names[period])
    return found
