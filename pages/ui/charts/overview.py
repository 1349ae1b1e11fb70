"""Marks the spikes on the chart of traffic. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import altair as alt

from data.traffic.models import Grain
from pages.ui.charts.chart import COLOURS

RISE = 9  # pixels that a number stands above its bar


@dataclass(frozen=True, slots=True)
class SpikeMark:
    """The number of a spike, its height in the chart, and its tooltip."""

    number: int
    day: date
    height: int
    tooltip: str


def marked(specification: dict[str, Any], marks: Sequence[SpikeMark], grain: Grain) -> dict[str, Any]:
    """The specification with a number above each period that has a spike."""
    if not marks:
        return specification
    numbers, bars = _numbers(), next(each for each in specification["layer"] if "y" in each["encoding"])
    axes = {
        each: numbers["encoding"][each] | {key: bars["encoding"][each][key] for key in ("axis", "scale")}
        for each in "xy"
    }
    placed = {"data": {"values": _placed(marks, grain)}, "encoding": numbers["encoding"] | axes}
    return specification | {"layer": [*specification["layer"], numbers | placed]}


def _placed(marks: Sequence[SpikeMark], grain: Grain) -> list[dict[str, Any]]:
    """A row a period: where it stands, its numbers, its tooltip."""
    rows: dict[date, dict[str, Any]] = {}
    for mark in marks:
        period = grain.first_day(mark.day)
        at = int(datetime(period.year, period.month, period.day, tzinfo=UTC).timestamp() * 1000)
        row = rows.setdefault(period, {"at": at, "height": mark.height, "number": "", "tooltip": ""})
        row["number"] += f" · {mark.number}" if row["number"] else f"{mark.number}"
        row["tooltip"] += f"; {mark.tooltip}" if row["tooltip"] else mark.tooltip
    return list(rows.values())


@cache
def _numbers() -> dict[str, Any]:
    label = alt.Chart(alt.NamedData("marks"))
    numbered = label.mark_text(dy=-RISE, fontWeight="bold", fontSize=14, color=COLOURS["mark"]).encode(
        x=alt.X("at:T"),
        y=alt.Y("height:Q"),
        text=alt.Text("number:N"),
        tooltip=[alt.Tooltip("number:N", title="Spike"), alt.Tooltip("tooltip:N", title="What")],
        description=alt.Description("tooltip:N"),
    )
    found: dict[str, Any] = numbered.to_dict(validate=False)
    return {key: found[key] for key in ("mark", "encoding")}
