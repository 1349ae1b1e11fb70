"""Charts of traffic: rows of data.traffic.traffic.series in, a Vega-Lite specification out. Pure but for the reader.

A pending period is hollow or dashed, a gap is a shaded band, and neither is ever drawn as zero. Periods are UTC days:
the time axis is a UTC one, so that a day is the same day in every time zone.
"""

import copy
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import altair as alt
import numpy as np
from pandas import DataFrame

from data.accounts.models import Viewer
from data.store import Store
from data.store.arrow import arrow_columns
from data.store.cache import cached
from data.traffic.models import Grain, Selection
from data.traffic.traffic import series
from pages.ui.charts.chart import COLOURS, Chart
from pages.ui.charts.time_marks import Column, Marks, period_name, placed

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
COUNTERS = {"stars", "forks", "watchers", "open_issues_and_pull_requests"}  # read now and then, not counted a day
MOST_SERIES = 8
LONGEST_BY_DAY = 400  # days; of more, a bar would be narrower than a pixel on many screens
PERIODS = {Grain.DAY: "a day", Grain.WEEK: "a week", Grain.MONTH: "a month"}
HEIGHT = 360
POINTED = 62  # periods; on more of them, points would hide their line
TICKS = 8
KNOWN = "isValid(datum.value)"
_FIRST_DAYS = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(POINTED + 1))
_BOX = '<span style="display:inline-block;width:.75em;height:.75em;border-radius:.15em;margin-right:.4em;{}"></span>'


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

    @property
    def stacked(self) -> bool:
        """Whether periods are bars, one series on the other: counts add up; uniques of several repositories do not, and
        what a counter says does not over time.
        """
        return self.metric not in COUNTERS and (len(self.names) == 1 or self.metric in COUNTS)


@dataclass(frozen=True, slots=True, eq=False)
class ChartData:
    """A chart's shape and its rows, one a series and period, as columns: those of time_marks.placed."""

    shape: ChartShape
    columns: Mapping[str, Column]


@cached("traffic")
def traffic_chart(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> Chart | None:
    """A selection as a chart of one metric; None where no number at all is known."""
    rows = series(viewer, store, selection, grain)
    if rows.loc[rows["metric"] == metric, "value"].isna().all():
        return None
    data = chart_data(rows, metric, grain)
    drawn = arrow_columns({name: column for name, column in data.columns.items() if name != "period"})
    return Chart(drawn, specification(data.shape), alt_text(data), legend(data))


def legible(grain: Grain, first: date, last: date) -> Grain:
    """The grain, but weeks instead of days where the days are too many to be told apart."""
    return Grain.WEEK if grain is Grain.DAY and (last - first).days >= LONGEST_BY_DAY else grain


def chart_data(rows: DataFrame, metric: str, grain: Grain) -> ChartData:
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
    return ChartData(ChartShape(metric, grain, tuple(names), has_rest, periods, has_gaps), columns)


def alt_text(data: ChartData) -> str:
    """The chart in a sentence, for those who do not see it."""
    rows, shape = data.columns, data.shape
    if not shape.periods:
        return "A chart without data."
    kind = "Bars" if shape.stacked else "Lines"
    names = shape.names[0] if len(shape.names) == 1 else f"{len(shape.names)} series"
    span = f"{shape.periods[0]} to {shape.periods[-1]} (UTC)"
    per = f"by {shape.grain}" if shape.metric in COUNTERS else PERIODS[shape.grain]
    text = f"{kind} of {METRICS[shape.metric].lower()} {per}, {names}, {span}."
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


def specification(shape: ChartShape) -> dict[str, Any]:
    """The chart as a Vega-Lite specification without rows.

    Altair takes a tenth of a second to check one, so it makes one for each kind of chart, and what differs within a
    kind (names, colours, ticks) is put in here.
    """
    found = copy.deepcopy(_of_kind(_kind(shape)))
    found_colours = colours(shape)
    scale = {"domain": list(found_colours), "range": list(found_colours.values())}
    for layer in found["layer"]:
        for channel in layer["encoding"].values():
            if isinstance(channel, list):  # what is told has neither
                continue
            if "domain" in channel.get("scale", {}):
                channel["scale"] = scale
            if "values" in (channel.get("axis") or {}):
                channel["axis"] |= {"values": _tick_values(shape), "format": _tick_format(shape)}
    return found


def _kind(shape: ChartShape) -> ChartShape:
    """A small shape whose chart has the same layers, marks and channels."""
    names = ("",) if shape.stacked else ("", "-")
    periods = _FIRST_DAYS[: POINTED + 1] if len(shape.periods) > POINTED else _FIRST_DAYS[:1]
    return ChartShape(shape.metric, shape.grain, names, False, periods, shape.has_gaps)


@cache
def _of_kind(kind: ChartShape) -> dict[str, Any]:
    chart = alt.layer(*_layers(kind), data=alt.NamedData("rows")).properties(height=HEIGHT)
    found: dict[str, Any] = chart.to_dict(validate=False)  # its channels were checked as they were made
    del found["data"]
    return found


def colours(shape: ChartShape) -> dict[str, str]:
    """The colour of each series."""
    named = shape.names[:-1] if shape.has_rest else shape.names
    return dict.fromkeys(shape.names, COLOURS["rest"]) | dict(zip(named, COLOURS["series"].split(), strict=False))


def legend(data: ChartData) -> str:
    """The legend as HTML, which wraps at any width."""
    parts = [(f"background:{colour}", name) for name, colour in colours(data.shape).items()]
    parts = parts if len(parts) > 1 else []
    states = set(data.columns["state"])
    if "pending" in states:
        parts.append((f"border:1.5px dashed {COLOURS['rest']}", "Pending: may still change"))
    if "gap" in states:
        parts.append((f"background:{COLOURS['gap']};opacity:.35", "Gap: GitHub forgot it before it was collected"))
    items = [
        f'<span style="max-width:100%;overflow-wrap:anywhere">{_BOX.format(css)}{html.escape(name)}</span>'
        for css, name in parts
    ]
    style = "display:flex;flex-wrap:wrap;gap:.3em 1.2em;font-size:.85rem"
    return f'<div style="{style}">{"".join(items)}</div>' if items else ""


def _layers(shape: ChartShape) -> Sequence[alt.Chart]:
    return [_gaps(shape), _bars(shape)] if shape.stacked else [_gaps(shape), *_lines(shape)]


def _gaps(shape: ChartShape) -> alt.Chart:
    """A band over each period that is a gap for one of the series, whose names it tells."""
    tooltip = [alt.Tooltip("when:N", title="When (UTC)"), alt.Tooltip("gaps:N", title="Gap, not collected in time")]
    marks = alt.Chart().transform_filter("isValid(datum.gaps)")
    # a layer without any mark would be a picture without a name to a screen reader
    band: alt.Chart = marks.mark_rect(fill=COLOURS["gap"], opacity=0.22, aria=shape.has_gaps).encode(
        x=_x(shape, "band_from"), x2=alt.X2("band_to:T"), tooltip=tooltip, description=alt.Description("gaps:N")
    )
    return band


def _bars(shape: ChartShape) -> alt.Chart:
    hollow = alt.datum["open"]
    bars: alt.Chart = (
        alt.Chart()
        .transform_filter(KNOWN)
        .mark_bar(cornerRadius=1)
        .encode(
            x=_x(shape, "bar_from"),
            x2=alt.X2("bar_to:T"),
            y=_y("bottom"),
            y2=alt.Y2("top:Q"),
            color=alt.Color("name:N", scale=_scale(shape), legend=None),
            fillOpacity=alt.condition(hollow, alt.value(0.15), alt.value(1.0)),
            stroke=alt.Stroke("name:N", scale=_scale(shape), legend=None),
            strokeWidth=alt.condition(hollow, alt.value(1.2), alt.value(0)),
            strokeDash=alt.condition(hollow, alt.value([3, 2]), alt.value([])),
            **_told(shape),
        )
    )
    return bars


def _lines(shape: ChartShape) -> list[alt.Chart]:
    """Lines that break at gaps, dashed over what is pending; a point for each period, hollow where it is open."""
    line: dict[str, Any] = {
        "x": _x(shape, "at"),
        "y": _y("value", from_zero=shape.metric not in COUNTERS),
        "color": alt.Color("name:N", scale=_scale(shape), legend=None),
    }
    point = line | {
        "fill": alt.Fill("name:N", scale=_scale(shape), legend=None),
        "fillOpacity": alt.condition(alt.datum["open"], alt.value(0), alt.value(1.0)),
        **_told(shape),
    }
    pointed = KNOWN if len(shape.periods) <= POINTED else f"{KNOWN} && datum.open"
    pieces = alt.Detail("piece:N")
    solid = alt.Chart().transform_filter(f"{KNOWN} && !datum.open").mark_line(strokeWidth=2)
    dashed = alt.Chart().transform_filter(f"{KNOWN} && datum.dashed").mark_line(strokeWidth=2, strokeDash=[3, 3])
    points = alt.Chart().transform_filter(pointed).mark_point(size=26, opacity=1)
    return [solid.encode(**line, detail=pieces), dashed.encode(**line, detail=pieces), points.encode(**point)]


def _told(shape: ChartShape) -> dict[str, Any]:
    """What a mark tells to whoever points at it, and to a screen reader."""
    tooltip = [
        alt.Tooltip("when:N", title="When (UTC)"),
        alt.Tooltip("name:N", title="Repository"),
        alt.Tooltip("value:Q", title=METRICS[shape.metric], format=",d"),
        alt.Tooltip("told:N", title="State"),
    ]
    return {"tooltip": tooltip, "description": alt.Description("spoken:N")}


def _x(shape: ChartShape, field: str) -> alt.X:
    ticks = [alt.DateTime(**each) for each in _tick_values(shape)]
    axis = alt.Axis(title=None, format=_tick_format(shape), values=ticks, labelOverlap="greedy", grid=False, ticks=True)
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc", nice=False), axis=axis)


def _tick_days(shape: ChartShape) -> Sequence[date]:
    """Which periods are named below the chart, from the last to the first."""
    return shape.periods[::-1][:: max(1, -(-len(shape.periods) // TICKS))]


def _tick_values(shape: ChartShape) -> list[dict[str, Any]]:
    return [{"year": day.year, "month": day.month, "date": day.day, "utc": True} for day in _tick_days(shape)]


def _tick_format(shape: ChartShape) -> str:
    days = _tick_days(shape)
    long = shape.grain is Grain.MONTH or (bool(days) and (days[0] - days[-1]).days > 300)
    return "%b %Y" if long else "%-d %b"


def _y(field: str, *, from_zero: bool = True) -> alt.Y:
    axis = alt.Axis(title=None, format=",d", tickMinStep=1, tickCount=5)
    return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=from_zero, nice=True))


def _scale(shape: ChartShape) -> alt.Scale:
    found = colours(shape)
    return alt.Scale(domain=list(found), range=list(found.values()))
