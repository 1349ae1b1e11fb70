"""Arranges rows of traffic for a chart: which series there are, where each mark stands, what is told of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from pandas import DataFrame

from data.selection import Grain

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


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart's shape and its rows, one a series and period: see the columns in `_placed`."""

    shape: Shape
    rows: DataFrame


def legible(grain: Grain, first: date, last: date) -> Grain:
    """The grain, but weeks instead of days where the days are too many to be told apart."""
    return Grain.WEEK if grain is Grain.DAY and (last - first).days >= LONGEST_BY_DAY else grain


def drawing(rows: DataFrame, metric: str, grain: Grain) -> Drawing:
    """Arrange the rows of data.traffic.series for a chart of one metric.

    The largest repositories are drawn each; of counts, what remains of the total is one more series.
    """
    of_metric = rows[rows["metric"] == metric]
    each = of_metric[of_metric["repository_id"].notna()]
    largest = each.groupby("full_name")["value"].sum().sort_values(ascending=False, kind="stable")
    names = [str(name) for name in largest.index[:MOST_SERIES]]
    shown = each[each["full_name"].isin(names)]
    more = len(largest) - len(names) + int(rows.attrs.get("left_out", 0))
    has_rest = more > 0 and metric in COUNTS
    if has_rest:
        names.append(f"Other {more:,} repositories")
        shown = pd.concat([shown, _rest(of_metric[of_metric["repository_id"].isna()], shown, names[-1])])
    placed = _placed(shown, names, grain)
    periods = tuple(sorted(set(placed["period"])))
    has_gaps = bool((placed["state"] == "gap").any())
    return Drawing(Shape(metric, grain, tuple(names), has_rest, periods, has_gaps), placed)


def alt_text(drawn: Drawing) -> str:
    """The chart in a sentence, for those who do not see it."""
    rows, shape = drawn.rows, drawn.shape
    if not shape.periods:
        return "A chart without data."
    kind = "Bars" if shape.stacked else "Lines"
    names = shape.names[0] if len(shape.names) == 1 else f"{len(shape.names)} series"
    span = f"{shape.periods[0]} to {shape.periods[-1]} (UTC)"
    text = f"{kind} of {METRICS[shape.metric].lower()} {PERIODS[shape.grain]}, {names}, {span}."
    sums = rows.groupby("period")["value"].sum(min_count=1).dropna()
    if shape.stacked and len(sums):
        text += f" The most are {int(sums.max()):,}: {period_name(sums.idxmax(), shape.grain)}."
    for state, told in (("pending", "Pending periods"), ("gap", "Periods with a gap")):
        periods = rows.loc[rows["state"] == state, "period"].nunique()
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


def _rest(total: DataFrame, shown: DataFrame, name: str) -> DataFrame:
    """What the total has beyond the repositories that are drawn each."""
    rest = total.copy()
    drawn = shown.groupby("period")["value"].sum().reindex(rest["period"]).fillna(0).to_numpy(dtype="int64")
    rest["value"], rest["full_name"] = rest["value"] - drawn, name
    return rest


def _placed(rows: DataFrame, names: Sequence[str], grain: Grain) -> DataFrame:
    """The rows by period and rank, with all that marks need.

    name, period, value (NaN: unknown), state; open (not final), piece (a line's: it breaks at gaps), dashed (what a
    dashed line goes through); at, bar_from, bar_to, band_from, band_to (UTC), bottom, top; when, told, spoken (texts);
    gaps (the series of which the period is a gap; once a period, else unknown).
    """
    placed = DataFrame(
        {
            "name": [str(name) for name in rows["full_name"]],
            "period": list(rows["period"]),
            "value": rows["value"].astype("float64").to_numpy(na_value=float("nan")),
            "state": [str(state) for state in rows["state"]],
        }
    )
    ranks = {name: rank for rank, name in enumerate(names)}
    placed = placed.iloc[(placed["name"].map(ranks)).argsort(kind="stable")]
    placed = placed.iloc[pd.to_datetime(placed["period"]).argsort(kind="stable")].reset_index(drop=True)
    _place_marks(placed, grain)
    _place_lines(placed)
    _place_texts(placed, grain)
    return placed


def _place_marks(placed: DataFrame, grain: Grain) -> None:
    placed["at"] = pd.to_datetime(placed["period"])
    for name, days in (("bar", _BAR_DAYS[grain]), ("band", _BAND_DAYS[grain])):
        half = pd.Timedelta(days=days / 2)
        placed[f"{name}_from"], placed[f"{name}_to"] = placed["at"] - half, placed["at"] + half
    known = placed["value"].fillna(0)
    placed["top"] = known.groupby(placed["at"]).cumsum()
    placed["bottom"] = placed["top"] - known


def _place_lines(placed: DataFrame) -> None:
    placed["open"] = placed["state"] != "final"
    of_series = placed["open"].groupby(placed["name"])
    placed["piece"] = (placed["value"].isna() | (placed["state"] == "gap")).groupby(placed["name"]).cumsum()
    placed["dashed"] = placed["open"] | of_series.shift(-1, fill_value=False)


def _place_texts(placed: DataFrame, grain: Grain) -> None:
    called = {period: period_name(period, grain) for period in set(placed["period"])}
    placed["when"] = placed["period"].map(called)
    placed["told"] = placed["state"].map(_STATES)
    said = zip(placed["name"], placed["when"], placed["value"], placed["told"], strict=True)
    placed["spoken"] = [f"{name}, {when}: {value:,.0f}, {told}" for name, when, value, told in said]
    gaps = placed[placed["state"] == "gap"]
    first = ~gaps["period"].duplicated()
    placed["gaps"] = gaps["period"].map(gaps.groupby("period")["name"].agg(", ".join))[first].reindex(placed.index)
