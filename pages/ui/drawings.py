"""Arranges rows of traffic for a chart: which series there are, where each mark stands, what is told of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
from pandas import DataFrame

from data.traffic.models import Grain
from pages.ui.charts.time_marks import Column, Marks, period_name, placed

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
    """A chart's shape and its rows, one a series and period, as columns: those of time_marks.placed."""

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
    columns = placed(shown, names, grain)
    periods = tuple(sorted(set(shown.periods)))
    has_gaps = bool((columns["state"] == "gap").any())
    return Drawing(Shape(metric, grain, tuple(names), has_rest, periods, has_gaps), columns)


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


@dataclass(frozen=True, slots=True, eq=False)
class _Marks(Marks):
    """Rows of one metric as columns, and which of them are of the total."""

    is_total: Column

    @classmethod
    def of(cls, rows: DataFrame) -> "_Marks":
        """Those of a table of data.traffic.traffic.series."""
        names, periods, states = (rows[name].to_numpy(dtype=object) for name in ("full_name", "period", "state"))
        values = rows["value"].to_numpy(dtype=np.float64, na_value=np.nan)
        return cls(names, periods, values, states, rows["repository_id"].isna().to_numpy(dtype=bool))

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
