"""Charts that compare: one line each for several repositories on the same days, or for several launches. Pure.

A line breaks where a value is not known, and is dashed over what is pending; neither is ever drawn as zero. What is
usual is a thin dashed line of the same colour.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import altair as alt

from data.traffic.models import Grain
from pages.ui.charts.chart import COLOURS, legend_of, without_data

HEIGHT = 380
POINTED = 62  # values on a line; on more of them, points would hide it
TICKS = 8


@dataclass(frozen=True, slots=True)
class Lines:
    """All of a chart that is not its rows: whose lines there are, and what the numbers are.

    With `periods` the lines run over them; without, over the days from a launch on, up to `days`.
    Rows have name, value, piece (a line breaks where it changes), spoken, told, and at (a time) with open (pending) and
    dashed (what a dashed line goes through), or offset (days) with usual.
    """

    names: tuple[str, ...]
    title: str
    periods: tuple[date, ...] = ()
    grain: Grain = Grain.DAY
    days: int = 0
    decimals: bool = False

    @property
    def points(self) -> int:
        """How many values a line has."""
        return len(self.periods) or self.days + 1


def specification(shape: Lines) -> dict[str, Any]:
    """The chart as a Vega-Lite specification without rows: made once a kind, with names, colours and ticks put in."""
    kind = (bool(shape.periods), shape.points <= POINTED, shape.decimals)
    found = copy.deepcopy(_of_kind(*kind))
    of_names = colours(shape.names)
    scale = {"domain": list(of_names), "range": list(of_names.values())}
    for layer in found["layer"]:
        for name, channel in layer["encoding"].items():
            if name == "tooltip":
                channel[-1]["title"] = shape.title
            elif "scale" in channel and "domain" in channel["scale"]:
                channel["scale"] = scale
            elif name == "x" and shape.periods:
                channel["axis"] |= {"values": _tick_values(shape.periods), "format": _tick_format(shape)}
    return found


def colours(names: Sequence[str]) -> dict[str, str]:
    """The colour of each line."""
    return dict(zip(names, COLOURS["series"].split(), strict=False))


def legend(names: Sequence[str], *, usual: bool = False, pending: bool = False) -> str:
    """The legend as HTML, which wraps at any width."""
    parts = [(f"background:{colour}", name) for name, colour in colours(names).items()]
    if usual:
        parts.append((f"border-top:2px dashed {COLOURS['rest']};height:0;vertical-align:middle", "Usual before"))
    if pending:
        parts.append((f"border:1.5px dashed {COLOURS['rest']}", "Pending: may still change"))
    return legend_of(parts)


@cache
def _of_kind(over_time: bool, pointed: bool, decimals: bool) -> dict[str, Any]:
    layers = _over_time(pointed, decimals) if over_time else _from_launch(pointed, decimals)
    chart = alt.layer(*layers, data=alt.NamedData("rows")).properties(height=HEIGHT)
    return without_data(chart)


def _over_time(pointed: bool, decimals: bool) -> list[alt.Chart]:
    axis = alt.Axis(title=None, format="%-d %b", values=[0], labelOverlap="greedy", grid=False, ticks=True)
    x = alt.X("at:T", scale=alt.Scale(type="utc", nice=False), axis=axis)
    line = {"x": x, "y": _y(decimals), "color": _colour(), "detail": alt.Detail("piece:N")}
    told = {"tooltip": _tooltip("When (UTC)", decimals), "description": alt.Description("spoken:N")}
    point = {key: line[key] for key in ("x", "y", "color")} | told
    point["fill"] = alt.Fill("name:N", scale=_scale(), legend=None)
    point["fillOpacity"] = alt.condition(alt.datum["open"], alt.value(0), alt.value(1.0))
    known = "isValid(datum.value)"
    solid = alt.Chart().transform_filter(f"{known} && !datum.open").mark_line(strokeWidth=2)
    dashed = alt.Chart().transform_filter(f"{known} && datum.dashed").mark_line(strokeWidth=2, strokeDash=[3, 3])
    points = alt.Chart().transform_filter(known).mark_point(size=26)
    if not pointed:  # unseen, but there for whoever points at the line
        point["opacity"] = alt.condition(alt.datum["open"], alt.value(1), alt.value(0.01))
    return [solid.encode(**line), dashed.encode(**line), points.encode(**point)]


def _from_launch(pointed: bool, decimals: bool) -> list[alt.Chart]:
    axis = alt.Axis(title="Days from the launch on", tickMinStep=1, grid=False, format="d")
    x = alt.X("offset:Q", scale=alt.Scale(nice=False), axis=axis)
    line = {"x": x, "y": _y(decimals), "color": _colour(), "detail": alt.Detail("piece:N")}
    told = {"tooltip": _tooltip("When (UTC)", decimals), "description": alt.Description("spoken:N")}
    point = {key: line[key] for key in ("x", "y", "color")} | told
    point["fill"] = alt.Fill("name:N", scale=_scale(), legend=None)
    known = "isValid(datum.value)"
    solid = alt.Chart().transform_filter(f"{known} && !datum.usual").mark_line(strokeWidth=2.5)
    usual = alt.Chart().transform_filter(f"{known} && datum.usual")
    dashed = usual.mark_line(strokeWidth=1.5, strokeDash=[5, 4], opacity=0.8)
    points = (
        alt.Chart().transform_filter(f"{known} && !datum.usual").mark_point(size=26, opacity=1 if pointed else 0.01)
    )
    return [dashed.encode(**line), solid.encode(**line), points.encode(**point)]


def _tooltip(when: str, decimals: bool) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("told:N", title=when),
        alt.Tooltip("name:N", title="Of"),
        alt.Tooltip("value:Q", title="-", format=_format(decimals)),
    ]


def _y(decimals: bool) -> alt.Y:
    axis = alt.Axis(title=None, format=_format(decimals), tickCount=5)
    return alt.Y("value:Q", axis=axis, scale=alt.Scale(zero=True, nice=True))


def _format(decimals: bool) -> str:
    return ",.4~r" if decimals else ",d"


def _colour() -> alt.Color:
    return alt.Color("name:N", scale=_scale(), legend=None)


def _scale() -> alt.Scale:
    return alt.Scale(domain=["a", "b"], range=["#000", "#111"])


def _tick_days(periods: Sequence[date]) -> Sequence[date]:
    return periods[::-1][:: max(1, -(-len(periods) // TICKS))]


def _tick_values(periods: Sequence[date]) -> list[dict[str, Any]]:
    return [{"year": day.year, "month": day.month, "date": day.day, "utc": True} for day in _tick_days(periods)]


def _tick_format(shape: Lines) -> str:
    days = _tick_days(shape.periods)
    long = shape.grain is Grain.MONTH or (days[0] - days[-1]).days > 300
    return "%b %Y" if long else "%-d %b"
