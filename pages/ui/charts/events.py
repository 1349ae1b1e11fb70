"""The chart of the days before and after an event, beside what is usual."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight.events import Comparison, before_and_after
from data.store import Store
from data.store.arrow import arrow_table
from data.store.cache import cached
from pages.ui.charts.chart import COLOURS, Chart, without_data
from pages.ui.time_format import day_text

BLUE, ORANGE, _, PINK = COLOURS["series"].split()[:4]
HEIGHT = 240
METRICS = {
    "views": "Views",
    "visitor_days": "Visitor-days",
    "clones": "Clones",
    "cloner_days": "Cloner-days",
    "stars": "Stars gained",
}


@cached("traffic")
def around(viewer: Viewer, store: Store, about: tuple[int, date], metric: str, today: date) -> Chart:
    """The days before and after one of a repository: `about` has both."""
    rows = around_rows(before_and_after(viewer, store, *about, today), metric, about[1])
    known = int(rows["value"].notna().sum())
    days = f"two weeks before {day_text(about[1])} to 30 days from it"
    text = f"{METRICS[metric]} of {known} final days, {days}, beside the usual."
    return Chart(arrow_table(rows), _specification(), text)


def around_rows(found: Comparison, metric: str, day: date) -> DataFrame:
    """The days of one metric around an event."""
    rows = found.around[found.around["metric"] == metric].reset_index(drop=True)
    at, half = pd.to_datetime(pd.Series(list(rows["day"]), dtype="object")), timedelta(hours=9)
    shown = DataFrame(
        {"from": at - half, "to": at + half, "floor": 0.0, "value": rows["value"], "usual": rows["usual"]}
    )
    shown["at"] = at
    shown["after"] = [each >= day for each in rows["day"]]
    shown["itself"] = [each == day for each in rows["day"]]
    shown["when"] = [f"{each:%A}, {day_text(each)}" for each in rows["day"]]
    said: Sequence[tuple[str, float, float]] = list(zip(shown["when"], shown["value"], shown["usual"], strict=True))
    shown["spoken"] = [f"{when}: {_number(value)}, usual {_number(usual)}" for when, value, usual in said]
    return shown


def _number(value: float) -> str:
    return "unknown" if pd.isna(value) else f"{value:,.0f}"


@cache
def _specification() -> dict[str, Any]:
    """Bars of final days, a line at what is usual, a line down the day itself."""
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
    return without_data(alt.layer(bars, usual, line).properties(height=HEIGHT))
