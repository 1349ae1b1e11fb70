"""Charts of dashboard panels: lines, bars over time, bars of a ranking, heat maps. A shape in, Vega-Lite out. Pure.

As in the charts of traffic, a pending period is hollow or dashed, a gap is shaded, and neither is drawn as zero.
"""

import copy
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import altair as alt

from pages.ui.charts.palette import COLOURS
from pages.ui.charts.panel_layers import (
    BARS,
    LEGEND_COLUMNS,
    LEGEND_ROW,
    LINE,
    POINTED,
    RANKING,
    PanelShape,
    layers_of,
)

TICKS = 7
LONG_DAYS = 300  # from so many days on a tick names the year
ROW = 26  # pixels for a bar of a ranking
NOTE = 26  # pixels
_NAME, _MEASURE = "name of the group", "name of the measure"


def specification(shape: PanelShape) -> dict[str, Any]:
    """The chart as a Vega-Lite specification without rows.

    Altair takes a tenth of a second to check one, so it makes one of each kind, and the rest is put in here.
    """
    names = ("",) * min(len(shape.names), 2)
    kind = PanelShape(shape.mark, _MEASURE, _NAME, names, (), 1, shape.number, ("gap",) * shape.has_gaps)
    many = (date.min,) * (1 if shape.pointed else POINTED + 1)
    found = copy.deepcopy(_of_kind(replace(kind, periods=many)))
    found["height"] = _height(shape)
    if _has_note(shape):
        found["title"] = _state_note(shape.states)
    for layer in found["layer"]:
        for channel in layer["encoding"].values():
            _fill_in(channel, shape)
    return found


def _height(shape: PanelShape) -> int:
    """The height in pixels, with room for every bar's name, and for a legend."""
    if shape.mark == RANKING:
        return max(shape.height, ROW * len(shape.names))
    rows = -(-len(shape.names) // LEGEND_COLUMNS) if shape.mark in {LINE, BARS} and len(shape.names) > 1 else 0
    return shape.height + LEGEND_ROW * rows + (NOTE if _has_note(shape) else 0)


def _fill_in(channel: Any, shape: PanelShape) -> None:
    if isinstance(channel, list):
        for each in channel:
            each["title"] = {_NAME: shape.group, _MEASURE: shape.measure}.get(each["title"], each["title"])
        return
    scale = channel.get("scale") or {}
    if "domain" in scale:
        scale["domain"] = [str(day) for day in shape.periods] if channel["field"] == "slot" else list(shape.names)
    if "range" in scale and "domain" in scale:
        scale["range"] = list(colours(shape.names).values())
    if channel.get("legend"):
        channel["legend"]["labelExpr"] = _short(shape)
    axis = channel.get("axis") or {}
    if "values" in axis:
        axis |= {"values": _tick_values(shape), "format": _tick_format(shape)}
    if "labelExpr" in axis:
        axis["labelExpr"] = f"utcFormat(toDate(datum.value), '{_tick_format(shape)}')"


def colours(names: Sequence[str]) -> dict[str, str]:
    """The colour of each series."""
    palette = COLOURS["series"].split()
    return {name: palette[n % len(palette)] for n, name in enumerate(names)}


def _has_note(shape: PanelShape) -> bool:
    return shape.mark != RANKING and bool({"pending", "gap"} & set(shape.states))


def _state_note(states: Collection[str]) -> dict[str, Any]:
    """What the marks of days say that are not final, below the chart, and so in its picture too."""
    told = {"pending": "Dashed: pending, may still change.", "gap": "Grey: a gap, known in part at most."}
    text = " ".join(sentence for state, sentence in told.items() if state in states)
    return {
        "text": text,
        "anchor": "start",
        "orient": "bottom",
        "fontSize": 11,
        "fontWeight": 400,
        "color": COLOURS["rest"],
    }


@lru_cache(maxsize=64)
def _of_kind(kind: PanelShape) -> dict[str, Any]:
    found: dict[str, Any] = alt.layer(*layers_of(kind), data=alt.NamedData("rows")).to_dict()
    del found["data"]
    return found


def _short(shape: PanelShape) -> str:
    """What a legend says of a name: of repositories the part after their owner, where that tells them apart."""
    names = {name.rpartition("/")[2] for name in shape.names}
    if shape.group != "Repository" or len(names) < len(shape.names):
        return "datum.label"
    return "slice(datum.label, indexof(datum.label, '/') + 1)"


def _tick_days(shape: PanelShape) -> Sequence[date]:
    return shape.periods[::-1][:: max(1, -(-len(shape.periods) // TICKS))]


def _tick_values(shape: PanelShape) -> list[dict[str, Any]]:
    return [{"year": day.year, "month": day.month, "date": day.day, "utc": True} for day in _tick_days(shape)]


def _tick_format(shape: PanelShape) -> str:
    days = shape.periods
    if days and days[0].year == 1900:
        return "%a"
    return "%b %Y" if shape.by_month or (days and (days[-1] - days[0]).days > LONG_DAYS) else "%-d %b"
