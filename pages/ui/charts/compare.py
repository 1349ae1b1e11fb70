"""Charts that compare: one line each for several repositories on the same days, or for several launches. Pure.

A line breaks where a value is not known, and is dashed over what is pending; neither is ever drawn as zero. What is
usual is a thin dashed line of the same colour.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import altair as alt

from data.traffic.models import Grain
from pages.ui.charts.bars_and_lines import POINTED, Channels, filled, label_layer, line_layers, time_axis
from pages.ui.charts.chart import COLOURS, KNOWN, TOP, Legend, colours_of, layered, rows_where, state_parts, tooltip
from pages.ui.charts.counterpart import INDEX_NUMBER

HEIGHT = 380


@dataclass(frozen=True, slots=True)
class Lines:
    """All of a chart that is not its rows: whose lines there are, and what the numbers are.

    With `periods` the lines run over them, and rows are those of bars_and_lines.placed; without, over the days from a
    launch on, up to `days`, and rows have name, value, piece (a line breaks where it changes), offset (days), usual,
    when, spoken.
    """

    names: tuple[str, ...]
    title: str
    periods: tuple[date, ...] = ()
    grain: Grain = Grain.DAY
    days: int = 0
    decimals: bool = False
    ids: tuple[tuple[str, int], ...] = ()  # of the names that are repositories

    @property
    def points(self) -> int:
        return len(self.periods) or self.days + 1


def specification(shape: Lines) -> dict[str, Any]:
    """The chart as a Vega-Lite specification without rows: made once a kind, with names, colours and ticks put in."""
    kind = _of_kind(bool(shape.periods), shape.points <= POINTED, shape.decimals)
    found = filled(kind, colours_of(shape.names, dict(shape.ids)), shape.periods, shape.grain)
    for layer in found["layer"]:
        for row in layer["encoding"].get("tooltip", ()):
            if row["field"] == "value":
                row["title"] = shape.title
    return found


def legend(shape: Lines, states: Collection[str] = (), *, usual: bool = False) -> Legend:
    parts = [(f"background:{colour}", name) for name, colour in colours_of(shape.names, dict(shape.ids)).items()]
    if usual:
        parts.append((f"border-top:2px dashed {COLOURS['rest']};height:0;vertical-align:middle", "Usual"))
    return parts + state_parts(states)


@cache
def _of_kind(over_time: bool, pointed: bool, decimals: bool) -> dict[str, Any]:
    number = INDEX_NUMBER if decimals else ",d"
    axis = alt.Axis(title=None, format=number, tickCount=5, labelFlush=False)
    scale = alt.Scale(domain=["a", "b"], range=["#000", "#111"])
    titles = {"when": "When (UTC)", "name": "Name", "value": "-"} | ({"state_text": "State"} if over_time else {})
    channels = Channels(
        time_axis if over_time else _launch_axis,
        lambda field: alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=True, nice=True)),
        scale,
        None,
        tooltip(titles, value=number),
    )
    over = [*line_layers(channels, pointed=pointed), label_layer(channels)] if over_time else []
    layers = over or _from_launch(channels, pointed)
    return TOP | layered(*layers, height=HEIGHT)


def _launch_axis(field: str) -> alt.X:
    axis = alt.Axis(title="Days since the launch", tickMinStep=1, grid=False, format="d")
    return alt.X(f"{field}:Q", scale=alt.Scale(nice=False), axis=axis)


def _from_launch(channels: Channels, pointed: bool) -> list[Any]:
    point = {"x": channels.along("offset"), "y": channels.up("value"), "color": channels.colour}
    line = point | {"detail": "piece:N"}
    usual = rows_where(f"{KNOWN} && datum.usual").mark_line(strokeWidth=1.5, strokeDash=[5, 4], opacity=0.8)
    solid = rows_where(f"{KNOWN} && !datum.usual").mark_line(strokeWidth=2.5)
    # where points would hide the line, they are there to be pointed at, but unseen
    points = rows_where(f"{KNOWN} && !datum.usual").mark_point(size=26, opacity=1 if pointed else 0.01)
    fill = alt.Fill("name:N", scale=channels.scale, legend=None)
    return [usual.encode(**line), solid.encode(**line), points.encode(**point, fill=fill, **channels.texts)]
