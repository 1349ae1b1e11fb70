"""The chart of the days before and after an event, beside what is usual. Pure."""

import copy
from functools import lru_cache
from typing import Any

import altair as alt

from pages.ui.charts.chart import COLOURS

BLUE, ORANGE, _, PINK = COLOURS["series"].split()[:4]
HEIGHT = 240


def around_specification() -> dict[str, Any]:
    """Bars of final days, a line at what is usual, a line down the day itself.

    Rows: at, from, to (UTC), floor, value, usual (NaN: unknown), after, itself, when, spoken.
    """
    return copy.deepcopy(_around())


@lru_cache(maxsize=1)
def _around() -> dict[str, Any]:
    base = alt.Chart(alt.NamedData("rows"))
    axis = alt.Axis(title=None, format="%-d %b", grid=False, tickCount=8, labelOverlap="greedy")
    scale = alt.Scale(type="utc", nice=False)
    x = alt.X("from:T", scale=scale, axis=axis)
    counts = alt.Axis(title=None, format=",d", tickMinStep=1, tickCount=5)
    tooltip = [
        alt.Tooltip("when:N", title="Day (UTC)"),
        alt.Tooltip("value:Q", title="Count", format=",d"),
        alt.Tooltip("usual:Q", title="Usual on this weekday", format=",.1f"),
    ]
    bars = (
        base.transform_filter("isValid(datum.value)")
        .mark_bar(cornerRadius=1)
        .encode(
            x=x,
            x2=alt.X2("to:T"),
            y=alt.Y("value:Q", axis=counts, scale=alt.Scale(zero=True, nice=True)),
            y2=alt.Y2("floor:Q"),
            color=alt.condition(alt.datum["after"], alt.value(BLUE), alt.value(COLOURS["rest"])),
            tooltip=tooltip,
            description=alt.Description("spoken:N"),
        )
    )
    usual = (
        base.transform_filter("isValid(datum.usual)")
        .mark_rule(color=ORANGE, strokeWidth=2.5, aria=False)
        .encode(x=x, x2=alt.X2("to:T"), y=alt.Y("usual:Q", axis=counts), tooltip=tooltip)
    )
    line = (
        base.transform_filter(alt.datum["itself"])
        .mark_rule(color=PINK, strokeDash=[3, 3], strokeWidth=1.5, aria=False)
        .encode(x=alt.X("at:T", scale=scale, axis=axis), tooltip=tooltip)
    )
    found: dict[str, Any] = alt.layer(bars, usual, line).properties(height=HEIGHT).to_dict()
    del found["data"]
    return found
