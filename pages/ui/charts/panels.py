"""Charts of dashboard panels: lines, bars over time, bars of a ranking, heat maps. Rows in, Vega-Lite out. Pure.

As in the charts of traffic, a pending period is hollow or dashed, a gap is shaded, and neither is drawn as zero.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from pandas import DataFrame

from data.dashboards.panel_text import FIRST_WEEKDAY, WEEKDAYS, group_name, measure_name
from data.dashboards.panels import PanelRows
from data.dashboards.specification import PERIODS, Kind, Panel
from data.store.arrow import numpy_values
from data.text import days_text, number_text
from data.traffic.models import Grain
from pages.ui.charts.bars_and_lines import (
    POINTED,
    STATES,
    Channels,
    Marks,
    answer_layer,
    bar_layer,
    gap_layer,
    line_layers,
    partly,
    period_name,
    placed,
    tick_values,
    time_axis,
    totals,
)
from pages.ui.charts.chart import COLOURS, KNOWN, TOP, Legend, colours_of, either, layered, state_parts
from pages.ui.charts.counterpart import Counterpart
from pages.ui.notation import DAY_TICK

LINE, BARS, RANKING, HEAT_MAP = "line", "bars", "ranking", "heat map"
TICKS = 7
LONG_DAYS = 300  # from so many days on a tick names the year
ROW = 26  # pixels for a bar of a ranking
WIDE = 0.18  # of the longest bar: from there on the number fits into the bar
_NAME, _MEASURE = "name of the group", "name of the measure"


@dataclass(frozen=True, slots=True)
class PanelShape:
    """All of a panel's chart that is not its rows: the mark, what the measure and the groups are called, the groups
    from the largest on, the periods, the height in pixels, and how numbers are written.
    """

    mark: str
    measure: str
    group: str
    names: tuple[str, ...]
    periods: tuple[date, ...]
    height: int
    number: str = ",d"
    states: tuple[str, ...] = ()
    by_month: bool = False
    ids: tuple[tuple[str, int], ...] = ()  # of the groups that are repositories

    @property
    def pointed(self) -> bool:
        return len(self.periods) <= POINTED

    @property
    def has_gaps(self) -> bool:
        return "gap" in self.states


@dataclass(frozen=True, slots=True)
class PanelDrawing:
    shape: PanelShape
    rows: DataFrame
    alt: str


def drawing(result: PanelRows, ids: Mapping[str, int] | None = None, before: Counterpart | None = None) -> PanelDrawing:
    """Arrange a panel's rows. `ids` are those of repositories by name; with `before` totals are compared."""
    panel, rows = result.panel, result.rows
    measure = measure_name(panel, panel.measure)
    marks = DataFrame(
        {
            "name": [measure if pd.isna(each) else str(each) for each in rows["name"]],
            "period": [None if pd.isna(each) else each for each in rows["period"]],
            "value": rows["value"].astype("float64").to_numpy(na_value=float("nan")),
            "state": [str(each) for each in rows["state"]],
        }
    )
    mark = _mark(panel)
    names = WEEKDAYS if panel.split == "weekday" else tuple(dict.fromkeys(marks["name"]))
    periods = tuple(sorted({each for each in marks["period"] if each is not None}))
    if mark == RANKING:
        marks = _ranking_marks(marks, panel)
        names, periods = tuple(marks["name"]), ()
    elif mark == HEAT_MAP:
        marks = _heat_map_marks(marks, panel, names)
    else:
        if mark == BARS and panel.by in {"week", "month"}:
            marks["state"] = partly(marks["state"].to_numpy(dtype=object))
        columns = (numpy_values(marks[name]) for name in ("name", "period", "value", "state"))
        columns_of = placed(Marks(*columns), names, Grain(panel.by or "day"))
        more = before.columns(columns_of["period"]) if before else {}
        marks = DataFrame(columns_of | totals(columns_of) | more)
    number = ",.1f" if panel.by == "weekday" else ",d"
    states = tuple(sorted(set(marks["state"])))
    group = group_name(panel.split or (panel.by if mark == RANKING and panel.by else None) or "measure")
    coloured = tuple((name, ids[name]) for name in names if ids and name in ids)
    by_month = panel.by == "month"
    shape = PanelShape(mark, measure, group, names, periods, panel.height, number, states, by_month, coloured)
    return PanelDrawing(shape, marks.drop(columns="period"), _alt(shape, marks))


def _mark(panel: Panel) -> str:
    if panel.kind is Kind.HEAT_MAP:
        return HEAT_MAP
    if panel.kind is Kind.LINE:
        return LINE
    return BARS if panel.by in PERIODS else RANKING


def _ranking_marks(marks: DataFrame, panel: Panel) -> DataFrame:
    if panel.by == "weekday":
        marks["name"] = [f"{each:%A}" for each in marks["period"]]
    longest = marks["value"].max()
    marks["wide"] = marks["value"] > WIDE * longest if longest and longest > 0 else False
    return _with_texts(marks, marks["name"])


def _heat_map_marks(marks: DataFrame, panel: Panel, names: Sequence[str]) -> DataFrame:
    ranks = {name: rank for rank, name in enumerate(names)}
    order = np.lexsort((pd.to_datetime(marks["period"]), marks["name"].map(ranks)))
    marks = marks.iloc[order].reset_index(drop=True)
    marks["slot"] = [str(each) for each in marks["period"]]
    grain = Grain(panel.by) if panel.by in PERIODS else None
    marks["when"] = [period_name(each, grain) if grain else f"{each:%A}" for each in marks["period"]]
    if panel.split == "weekday":
        marks["when"] = marks["name"] + ", " + marks["when"]
    return _with_texts(marks, marks["name"] + ", " + marks["when"])


def _with_texts(marks: DataFrame, called: "pd.Series[str]") -> DataFrame:
    marks["open"] = marks["state"] != "final"
    marks["state_text"] = marks["state"].map(STATES)
    parts = zip(called, marks["value"], marks["state_text"], strict=True)
    marks["spoken"] = [f"{name}: {number_text(value)}, {state}" for name, value, state in parts]
    return marks


def _alt(shape: PanelShape, marks: DataFrame) -> str:
    kinds = {LINE: "Lines", BARS: "Bars over time", RANKING: "Bars", HEAT_MAP: "A heat map"}
    text = f"{kinds[shape.mark]} of {shape.measure.lower()}"
    if shape.periods and shape.mark != RANKING and shape.periods[0] != FIRST_WEEKDAY:
        text += f", {days_text(shape.periods[0], shape.periods[-1])} (UTC)"
    text += f", {len(shape.names)} {'series' if shape.mark != RANKING else 'bars'}." if len(shape.names) > 1 else "."
    known = marks["value"].dropna()
    if len(known):
        text += f" Most: {marks.loc[known.idxmax()]['spoken']}."
    return text


def specification(shape: PanelShape) -> dict[str, Any]:
    """The chart as a Vega-Lite specification without rows.

    Altair takes a tenth of a second to check one, so it makes one of each kind, and the rest is put in here.
    """
    names = ("",) * min(len(shape.names), 2)
    kind = PanelShape(shape.mark, _MEASURE, _NAME, names, (), 1, shape.number, ("gap",) * shape.has_gaps)
    many = (date.min,) * (1 if shape.pointed else POINTED + 1)
    found = copy.deepcopy(_of_kind(replace(kind, periods=many)))
    found["height"] = max(shape.height, ROW * len(shape.names)) if shape.mark == RANKING else shape.height
    for layer in found["layer"]:
        for channel in layer["encoding"].values():
            _fill_in(channel, shape)
    return found


def _fill_in(channel: Any, shape: PanelShape) -> None:
    if isinstance(channel, list):
        for each in channel:
            each["title"] = {_NAME: shape.group, _MEASURE: shape.measure}.get(each["title"], each["title"])
        return
    scale = channel.get("scale") or {}
    if "domain" in scale:
        scale["domain"] = [str(day) for day in shape.periods] if channel["field"] == "slot" else list(shape.names)
    if "range" in scale and "domain" in scale:
        scale["range"] = list(_colours(shape).values())
    axis = channel.get("axis") or {}
    if "values" in axis:
        axis |= {"values": tick_values(shape.periods, TICKS), "format": _tick_format(shape)}
    if "labelExpr" in axis:
        axis["labelExpr"] = f"utcFormat(toDate(datum.value), '{_tick_format(shape)}')"


def _colours(shape: PanelShape) -> dict[str, str]:
    """Grey for the others, which are last where there are any; a repository has its own."""
    others = shape.names[-1:] if shape.ids and shape.names[-1] not in dict(shape.ids) else ()
    return colours_of(shape.names[: len(shape.names) - len(others)], dict(shape.ids)) | dict.fromkeys(
        others, COLOURS["rest"]
    )


def legend(shape: PanelShape) -> Legend:
    """The names of several series, of repositories the part after their owner where it tells them apart, and the states
    that are not final.
    """
    names = {name: name.rpartition("/")[2] if shape.group == "Repository" else name for name in shape.names}
    if len(set(names.values())) < len(names):
        names = {name: name for name in names}
    drawn = _colours(shape) if shape.mark in {LINE, BARS} and len(names) > 1 else {}
    parts = [(f"background:{colour}", names[name]) for name, colour in drawn.items()]
    return parts if shape.mark == RANKING else [*parts, *state_parts(shape.states)]


@cache
def _of_kind(kind: PanelShape) -> dict[str, Any]:
    return TOP | layered(*_layers_of(kind))


def _tick_format(shape: PanelShape) -> str:
    days = shape.periods
    if days and days[0].year == 1900:
        return "%a"
    return "%b %Y" if shape.by_month or (days and (days[-1] - days[0]).days > LONG_DAYS) else DAY_TICK


def _layers_of(kind: PanelShape) -> Sequence[alt.Chart]:
    if kind.mark in {RANKING, HEAT_MAP}:
        return _ranking(kind) if kind.mark == RANKING else _heat_map(kind)
    channels = Channels(time_axis, partial(_value, kind), alt.Scale(domain=[""], range=[""]), None, _tooltip(kind))
    if kind.mark == BARS:
        gaps = gap_layer(channels, COLOURS["gap"], has_gaps=kind.has_gaps)
        return [answer_layer(channels), gaps, bar_layer(channels)]
    marks = line_layers(channels, pointed=kind.pointed)
    return [gap_layer(channels, COLOURS["gap"], has_gaps=kind.has_gaps), *marks]


def _ranking(kind: PanelShape) -> list[alt.Chart]:
    place = alt.Y(
        "name:N",
        axis=alt.Axis(title=None, labelLimit=170, ticks=False, domain=False, labelPadding=6),
        scale=alt.Scale(domain=[""], paddingInner=0.25),
    )
    amount = alt.X("value:Q", axis=None, scale=alt.Scale(zero=True, nice=False))
    bars = (
        alt.Chart()
        .mark_bar(cornerRadius=2, color=COLOURS["series"].split()[0])
        .encode(y=place, x=amount, tooltip=_tooltip(kind, when=False), description=alt.Description("spoken:N"))
    )
    numbers = (
        alt.Chart()
        .mark_text(align="right", dx=-5, fontSize=11, fontWeight=600, color="white", aria=False)
        .transform_filter("datum.wide")
        .encode(y=place, x=amount, text=alt.Text("value:Q", format=kind.number))
    )
    beside = (
        alt.Chart()
        .mark_text(align="left", dx=5, fontSize=11, color=COLOURS["rest"], aria=False)
        .transform_filter("!datum.wide")
        .encode(y=place, x=amount, text=alt.Text("value:Q", format=kind.number))
    )
    return [bars, numbers, beside]


def _heat_map(kind: PanelShape) -> list[alt.Chart]:
    """Cells the fuller the greater; what is unknown is grey, and what is not final has a dashed border."""
    across = alt.X(
        "slot:O",
        axis=alt.Axis(title=None, labelExpr="datum.value", labelOverlap="greedy", labelAngle=0, ticks=False),
        scale=alt.Scale(domain=[""], padding=0.06),
    )
    down = alt.Y(
        "name:N",
        axis=alt.Axis(title=None, labelLimit=150, ticks=False, domain=False, labelPadding=6),
        scale=alt.Scale(domain=[""]),
    )
    # one layer for both: one without any mark would be a picture without a name to a screen reader
    scale = {"type": "sqrt", "domainMin": 0, "range": [0.06, 1], "nice": False}
    amount = {"test": str(KNOWN), "field": "value", "type": "quantitative", "scale": scale, "legend": None}
    cells = (
        alt.Chart()
        .mark_rect(cornerRadius=2)
        .encode(
            x=across,
            y=down,
            fill=either(alt.FillValue, KNOWN, COLOURS["series"].split()[0], COLOURS["gap"]),
            fillOpacity=alt.FillOpacityValue(0.18, condition=amount),
            stroke=alt.StrokeValue(COLOURS["rest"]),
            strokeWidth=either(alt.StrokeWidthValue, f"{KNOWN} && datum.open", 1, 0),
            strokeDash=alt.StrokeDashValue([2, 2]),
            tooltip=_tooltip(kind),
            description=alt.Description("spoken:N"),
        )
    )
    return [cells]


def _tooltip(kind: PanelShape, *, when: bool = True) -> list[alt.Tooltip]:
    return [
        *([alt.Tooltip("when:N", title="When (UTC)")] if when else []),
        alt.Tooltip("name:N", title=kind.group),
        alt.Tooltip("value:Q", title=kind.measure, format=kind.number),
        *([alt.Tooltip("total:Q", title="Total", format=kind.number)] if kind.mark == BARS and kind.names[1:] else []),
        alt.Tooltip("state_text:N", title="State"),
    ]


def _value(kind: PanelShape, field: str) -> alt.Y:
    number = ",~f" if kind.number != ",d" else ",d"
    axis = alt.Axis(title=None, format=number, tickMinStep=1, tickCount=5, labelFlush=False)
    return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=kind.mark == BARS, nice=True))
