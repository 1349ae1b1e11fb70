"""Charts of what is known: a calendar of days by state, and the pattern of the week. Pure.

A day that is not known is never drawn as a zero, and a zero that GitHub told is one.
"""

import copy
import html
from functools import lru_cache
from typing import Any

import altair as alt

from pages.ui.charts.chart import COLOURS

BLUE, ORANGE, TEAL = COLOURS["series"].split()[:3]
GREY = COLOURS["gap"]
CELL_PIXELS = 17
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
KINDS = {  # of a day: how it is filled, and its edge
    "Final": (BLUE, BLUE),
    "True zero": (f"{TEAL}66", f"{TEAL}66"),
    "Pending": (f"{BLUE}22", BLUE),
    "Gap": (f"{GREY}77", f"{GREY}77"),
    "Known in part": (ORANGE, ORANGE),
}
_BOX = (
    '<span style="display:inline-block;width:.75em;height:.75em;border-radius:.15em;margin-right:.4em;'
    'background:{};box-shadow:inset 0 0 0 1px {}"></span>'
)


def calendar_specification() -> dict[str, Any]:
    """A column a week, a row a weekday. Rows: from, to (UTC: the week), weekday, kind, when, known, spoken."""
    return copy.deepcopy(_calendar())


def weekdays_specification() -> dict[str, Any]:
    """A band a weekday, from the lower to the upper quartile, and the median. Rows: weekday, low, median, high,
    days, spoken."""
    return copy.deepcopy(_weekdays())


def legend() -> str:
    """The legend of the calendar as HTML, which wraps at any width."""
    items = [
        f'<span style="white-space:nowrap">{_BOX.format(fill, edge)}{html.escape(kind)}</span>'
        for kind, (fill, edge) in KINDS.items()
    ]
    return f'<div style="display:flex;flex-wrap:wrap;gap:.3em 1.2em;font-size:.85rem">{"".join(items)}</div>'


@lru_cache(maxsize=1)
def _calendar() -> dict[str, Any]:
    fills = alt.Scale(domain=list(KINDS), range=[fill for fill, _ in KINDS.values()])
    edges = alt.Scale(domain=list(KINDS), range=[edge for _, edge in KINDS.values()])
    axis = alt.Axis(title=None, format="%b %Y", tickCount=6, labelOverlap="greedy", grid=False, ticks=False)
    chart = (
        alt.Chart(alt.NamedData("rows"))
        .mark_rect(cornerRadius=2, strokeWidth=1)
        .encode(
            x=alt.X("from:T", scale=alt.Scale(type="utc", nice=False), axis=axis),
            x2=alt.X2("to:T"),
            y=alt.Y(
                "weekday:N",
                scale=alt.Scale(domain=list(WEEKDAYS), paddingInner=0.14),
                axis=alt.Axis(title=None, ticks=False, domain=False),
            ),
            fill=alt.Fill("kind:N", scale=fills, legend=None),
            stroke=alt.Stroke("kind:N", scale=edges, legend=None),
            tooltip=[
                alt.Tooltip("when:N", title="Day (UTC)"),
                alt.Tooltip("kind:N", title="State"),
                alt.Tooltip("known:N", title="Count"),
            ],
            description=alt.Description("spoken:N"),
        )
        .properties(height=CELL_PIXELS * len(WEEKDAYS) + 30)
    )
    return _without_data(chart)


@lru_cache(maxsize=1)
def _weekdays() -> dict[str, Any]:
    base = alt.Chart(alt.NamedData("rows"))
    tooltip = [
        alt.Tooltip("weekday:N", title="Weekday (UTC)"),
        alt.Tooltip("median:Q", title="Median", format=",.1f"),
        alt.Tooltip("low:Q", title="A quarter of the days has at most", format=",.1f"),
        alt.Tooltip("high:Q", title="A quarter has at least", format=",.1f"),
        alt.Tooltip("days:Q", title="Final days", format=",d"),
    ]
    x = alt.X("weekday:N", scale=alt.Scale(domain=list(WEEKDAYS)), axis=alt.Axis(title=None, labelAngle=0, ticks=False))
    axis = alt.Axis(title=None, format=",d", tickMinStep=1, tickCount=5)
    y = alt.Y("low:Q", axis=axis, scale=alt.Scale(zero=True, nice=True))
    band = base.mark_bar(color=BLUE, opacity=0.3, cornerRadius=3, width=alt.RelativeBandSize(0.5)).encode(
        x=x, y=y, y2=alt.Y2("high:Q"), tooltip=tooltip, description=alt.Description("spoken:N")
    )
    median = base.mark_tick(color=BLUE, thickness=3, width=alt.RelativeBandSize(0.5), aria=False).encode(
        x=x, y=alt.Y("median:Q", axis=axis), tooltip=tooltip
    )
    return _without_data(alt.layer(band, median).properties(height=220))


def _without_data(chart: Any) -> dict[str, Any]:
    found: dict[str, Any] = chart.to_dict()
    del found["data"]
    return found
