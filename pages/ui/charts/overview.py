"""Marks the spikes on the chart of traffic. Pure."""

import copy
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
    found = copy.deepcopy(specification)
    layer = copy.deepcopy(_numbers())
    layer["data"] = {"values": _placed(marks, grain)}
    bars = next(each for each in found["layer"] if "y" in each["encoding"])
    layer["encoding"]["x"] |= {key: bars["encoding"]["x"][key] for key in ("axis", "scale")}
    layer["encoding"]["y"] |= {key: bars["encoding"]["y"][key] for key in ("axis", "scale")}
    found["layer"].append(layer)
    return found


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
