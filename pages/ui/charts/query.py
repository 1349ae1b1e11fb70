"""The chart of a query's result: lines over time, bars of names, points of two numbers. Rows in, Vega-Lite out. Pure.

Names of columns come from outside. In the specification they are titles only; the fields have names of our own.
"""

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
from pandas import DataFrame, Series

from data.text import number_text
from pages.ui.charts.chart import COLOURS
from pages.ui.notation import DAY_OF_CHART

MOST_ROWS = 5000
POINTED = 62  # periods; on more of them, points would hide their line
MOST_BARS = 40
HEIGHT, BAR, AXIS, LEGEND_ROW = 340, 24, 60, 26  # pixels; what stands beside the marks is a part of the height
MOST_SERIES = 8
MOST_VALUES = 3  # columns that are drawn unless others are chosen
NUMBER, TIME, NAME = "number", "time", "name"


@dataclass(frozen=True, slots=True)
class Axes:
    """Which columns are drawn: along, up (several: a colour each), and of one, the column of its colours."""

    x: str
    y: tuple[str, ...]
    colour: str | None = None

    @property
    def title(self) -> str:
        return ", ".join(self.y if self.colour is None else self.y[:1])


@dataclass(frozen=True, slots=True)
class QueryDrawing:
    rows: DataFrame
    specification: dict[str, Any]
    alt: str
    left_out: str


def kind_of(column: Series) -> str:
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind):
        return NAME
    if pd.api.types.is_numeric_dtype(kind):
        return NUMBER
    dtype = str(kind)
    return TIME if dtype.startswith(("date", "timestamp")) else NAME


def suggested(rows: DataFrame) -> Axes | None:
    """The axes that suit most: days and a number, names and a number, two numbers. None: there is nothing to draw."""
    kinds = {str(name): kind_of(rows[name]) for name in rows.columns}
    numbers = [name for name, kind in kinds.items() if kind == NUMBER and not name.endswith("_id")]
    times = [name for name, kind in kinds.items() if kind == TIME]
    names = [name for name, kind in kinds.items() if kind == NAME and rows[name].nunique() > 1]
    if not numbers or len(rows) < 2:
        return None
    if times and rows[times[0]].nunique() > 1:
        repeated = bool(names) and rows[times[0]].duplicated().any()
        return (
            Axes(times[0], tuple(numbers[:1]), names[0]) if repeated else Axes(times[0], tuple(numbers[:MOST_VALUES]))
        )
    if names:
        return Axes(names[0], tuple(numbers[:1]))
    return Axes(numbers[0], tuple(numbers[1:2])) if len(numbers) > 1 else None


def drawing(rows: DataFrame, axes: Axes) -> QueryDrawing:
    kind = kind_of(rows[axes.x])
    along, values = _along(rows[axes.x], kind), axes.y if axes.colour is None else axes.y[:1]
    drawn = pd.concat(
        [DataFrame({"x": along, "y": rows[name].astype("float64"), "colour": name}) for name in values],
        ignore_index=True,
    )
    colours: tuple[str, ...] = values if len(values) > 1 else ()
    left_out = []
    if axes.colour is not None:
        drawn["colour"] = rows[axes.colour].astype(str).to_numpy()
        largest = drawn.groupby("colour")["y"].sum().sort_values(ascending=False, kind="stable")
        colours = tuple(str(name) for name in largest.index[:MOST_SERIES])
        if len(largest) > MOST_SERIES:
            left_out.append(f"of {axes.colour} the {number_text(len(largest) - MOST_SERIES)} with the lowest values")
            drawn = drawn[drawn["colour"].isin(colours)]
    most = MOST_BARS if kind == NAME else MOST_ROWS
    shown = list(dict.fromkeys(drawn["x"]))[:most] if kind == NAME else None
    kept = drawn[drawn["x"].isin(shown)] if shown is not None else drawn.iloc[:most]
    if len(kept) < len(drawn):
        left_out.append(f"{number_text(len(drawn) - len(kept))} rows after the first {number_text(len(kept))}")
    if kind == TIME:
        kept = kept.sort_values("x", kind="stable")
    specification = _specification(kind, axes, colours, len(shown) if shown is not None else kept["x"].nunique())
    return QueryDrawing(kept.reset_index(drop=True), specification, _alt(kept, kind, axes), " and ".join(left_out))


def _along(column: Series, kind: str) -> Series:
    if kind == TIME:
        times = pd.to_datetime(column.astype("object"), errors="coerce", utc=True)
        return times.dt.tz_localize(None)
    return column.astype("float64") if kind == NUMBER else column.astype("object").fillna("unknown").astype(str)


def _alt(rows: DataFrame, kind: str, axes: Axes) -> str:
    mark = {TIME: "Lines", NAME: "Bars", NUMBER: "Points"}[kind]
    known = rows["y"].dropna()
    span = f", from {known.min():,.10g} to {known.max():,.10g}" if len(known) else ""
    return f"{mark} of {axes.title} by {axes.x}, {number_text(len(rows))} rows{span}."


def _specification(kind: str, axes: Axes, colours: tuple[str, ...], marks: int) -> dict[str, Any]:
    up = alt.Y("y:Q", title=axes.title, axis=alt.Axis(tickCount=5))
    along = alt.X("x:Q", title=axes.x, scale=alt.Scale(zero=False))
    tooltip = [alt.Tooltip("y:Q", title=axes.title, format=",.10~g")]
    chart = alt.Chart()
    if kind == TIME:
        along = alt.X("x:T", title=None, scale=alt.Scale(type="utc"), axis=alt.Axis(grid=False, labelOverlap="greedy"))
        tooltip.insert(0, alt.Tooltip("x:T", title=axes.x, format=DAY_OF_CHART, formatType="utc"))
        chart = chart.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=22 if marks <= POINTED else 1))
    elif kind == NAME:
        # names one below the other, in the order of the rows
        named = alt.Axis(labelLimit=150, labelOverlap=False, ticks=False, domain=False)
        up = alt.Y("x:N", title=None, sort=None, axis=named)
        along = alt.X("y:Q", title=axes.title, stack="zero", axis=alt.Axis(tickCount=5))
        tooltip.insert(0, alt.Tooltip("x:N", title=axes.x))
        chart = chart.mark_bar(cornerRadiusEnd=2)
    else:
        tooltip.insert(0, alt.Tooltip("x:Q", title=axes.x, format=",.10~g"))
        chart = chart.mark_point(filled=True, size=40)
    encoded: dict[str, Any] = {"x": along, "y": up}
    palette = COLOURS["series"].split()
    if colours:
        scale = alt.Scale(domain=list(colours), range=palette[: len(colours)])
        legend = alt.Legend(title=None, orient="bottom", columns=2, labelLimit=220)
        encoded["color"] = alt.Color("colour:N", scale=scale, legend=legend)
        tooltip.append(alt.Tooltip("colour:N", title=axes.colour))
    else:
        encoded["color"] = alt.ColorValue(palette[0])
    height = BAR * marks + AXIS if kind == NAME else HEIGHT + LEGEND_ROW * -(-len(colours) // 2)
    found: dict[str, Any] = chart.encode(**encoded, tooltip=tooltip).properties(height=height).to_dict(validate=False)
    return found
