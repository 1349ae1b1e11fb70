"""Charts of the lists of referrers and paths: who stood in them when, and between what a day's views lie. Pure.

What is in no list is left blank, since it is unknown and not zero.
"""

import copy
from functools import lru_cache
from typing import Any

import altair as alt

from pages.ui.charts.chart import COLOURS

BLUE, ORANGE = COLOURS["series"].split()[:2]
ROW_PIXELS, AXIS_PIXELS, BELOW_PIXELS = 24, 96, 60
BOUND_HEIGHT, SHARE_HEIGHT = 200, 110


def heat_specification(names: tuple[str, ...]) -> dict[str, Any]:
    """A row a name from the top, a cell a list that has it, the darker the more views.

    Rows: name, from, to (UTC: the list and the next one), seen, rank, views, view_uniques, spoken.
    """
    found = copy.deepcopy(_heat())
    found["height"] = ROW_PIXELS * max(1, len(names)) + BELOW_PIXELS
    found["encoding"]["y"]["scale"] = {"domain": list(names)}
    return found


def bounds_specification() -> dict[str, Any]:
    """A band a day, from the least to the most views that a name can have had.

    Rows: at, from, to (UTC), low, high (the least where nothing limits it), open, when, most, spoken.
    """
    return copy.deepcopy(_bounds())


def share_specification() -> dict[str, Any]:
    """Between what the share lies that a list leaves unexplained. Rows: from, to (UTC), low, high, seen, spoken."""
    return copy.deepcopy(_share())


@lru_cache(maxsize=1)
def _heat() -> dict[str, Any]:
    chart = (
        alt.Chart(alt.NamedData("rows"))
        .mark_rect(cornerRadius=2)
        .encode(
            x=_days("from"),
            x2=alt.X2("to:T"),
            y=alt.Y(
                "name:N",
                axis=alt.Axis(title=None, labelLimit=AXIS_PIXELS, minExtent=AXIS_PIXELS, ticks=False, domain=False),
                scale=alt.Scale(domain=[""], paddingInner=0.18),
            ),
            color=alt.Color(
                "views:Q",
                scale=alt.Scale(type="symlog", range=["#2f7fe633", BLUE], domainMin=0),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("name:N", title="Name"),
                alt.Tooltip("seen:N", title="List of (UTC)"),
                alt.Tooltip("rank:Q", title="Rank"),
                alt.Tooltip("views:Q", title="Views of the 14 days before", format=",d"),
                alt.Tooltip("view_uniques:Q", title="Unique visitors of them", format=",d"),
            ],
            description=alt.Description("spoken:N"),
        )
    )
    return _without_data(chart)


@lru_cache(maxsize=1)
def _bounds() -> dict[str, Any]:
    base = alt.Chart(alt.NamedData("rows"))
    tooltip = [
        alt.Tooltip("when:N", title="Day (UTC)"),
        alt.Tooltip("low:Q", title="At least", format=",d"),
        alt.Tooltip("most:N", title="At most"),
    ]
    x, y = _days("from"), alt.Y("low:Q", axis=_counts(), scale=alt.Scale(zero=True, nice=True))
    band = base.mark_bar(color=BLUE, cornerRadius=1).encode(
        x=x,
        x2=alt.X2("to:T"),
        y=y,
        y2=alt.Y2("high:Q"),
        opacity=alt.condition(alt.datum["open"], alt.value(0.12), alt.value(0.35)),
        tooltip=tooltip,
        description=alt.Description("spoken:N"),
    )
    least = base.mark_rule(color=BLUE, strokeWidth=2.5, aria=False).encode(x=x, x2=alt.X2("to:T"), y=y, tooltip=tooltip)
    return _without_data(alt.layer(band, least).properties(height=BOUND_HEIGHT))


@lru_cache(maxsize=1)
def _share() -> dict[str, Any]:
    base = alt.Chart(alt.NamedData("rows"))
    axis = alt.Axis(title=None, format="%", tickCount=4, minExtent=46, maxExtent=46)
    band = base.mark_rect(color=ORANGE, opacity=0.45, cornerRadius=1).encode(
        x=_days("from"),
        x2=alt.X2("to:T"),
        y=alt.Y("low:Q", axis=axis, scale=alt.Scale(domain=[0, 1])),
        y2=alt.Y2("high:Q"),
        tooltip=[
            alt.Tooltip("seen:N", title="List of (UTC)"),
            alt.Tooltip("low:Q", title="At least", format=".0%"),
            alt.Tooltip("high:Q", title="At most", format=".0%"),
        ],
        description=alt.Description("spoken:N"),
    )
    return _without_data(band.properties(height=SHARE_HEIGHT))


def _days(field: str) -> alt.X:
    axis = alt.Axis(title=None, format="%-d %b", grid=False, tickCount=6, labelOverlap="greedy")
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc", nice=False), axis=axis)


def _counts() -> alt.Axis:
    return alt.Axis(title=None, format=",d", tickMinStep=1, tickCount=4, minExtent=46, maxExtent=46)


def _without_data(chart: Any) -> dict[str, Any]:
    found: dict[str, Any] = chart.to_dict()
    del found["data"]
    return found
