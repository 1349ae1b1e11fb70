"""The chart of views with its spikes numbered. Pure but for the reader."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import altair as alt

from data.accounts.models import Viewer
from data.insight.spike_causes import Spike, explained_spikes
from data.store import Store
from data.store.arrow import numpy_values
from data.store.cache import cached
from data.text import day_text, number_text
from data.traffic.models import Grain, Selection
from pages.ui.charts.chart import COLOURS, Chart
from pages.ui.charts.traffic import traffic_chart

MOST_SPIKES = 5
RISE = 9  # pixels that a number stands above its bar


@dataclass(frozen=True, slots=True)
class SpikeMark:
    """The number of a spike, its height in the chart, and its tooltip."""

    number: int
    day: date
    height: int
    tooltip: str


@cached("traffic", in_words=True)
def spikes_in_chart(
    viewer: Viewer, store: Store, selection: Selection, grain: Grain, *, split: bool = True
) -> Chart | None:
    """The chart of views with the number of each spike that `explained_spikes` answers. Raises: StoreMissing."""
    chart = traffic_chart(viewer, store, selection, "views", grain, split=split)
    notable = explained_spikes(viewer, store, selection, MOST_SPIKES)
    if chart is None or not notable:
        return chart
    periods, tops = (numpy_values(chart.rows.column(name)) for name in ("at", "top"))
    # of a period the last row is on top of all others
    heights = dict(zip(periods.astype("datetime64[D]").tolist(), tops.tolist(), strict=True))
    marks = [
        SpikeMark(number, each.peak, int(heights.get(grain.first_day(each.peak), 0)), _named(each))
        for number, each in enumerate(notable, start=1)
    ]
    return replace(
        chart,
        specification=marked(chart.specification, marks, grain),
        alt=f"{chart.alt} Numbered spikes: {'; '.join(_named(each) for each in notable)}.",
    )


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


def _named(spike: Spike) -> str:
    return f"{spike.full_name}, {day_text(spike.peak)}, {number_text(spike.value)} {spike.metric}"
