"""Charts of what is known: a calendar of days by state, and the weekly pattern.

A day that is not known is never drawn as a zero, and a zero that GitHub reported is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import monday
from data.insight.repository import days
from data.store import Store
from data.store.arrow import arrow_table
from data.store.cache import cached
from data.text import number_text, weekday_text
from data.traffic.models import Selection
from pages.ui.charts.chart import (
    BLUE,
    COLOURS,
    ORANGE,
    TEAL,
    TOP,
    VIOLET,
    Chart,
    caption_of,
    count_axis,
    day_axis,
    layered,
    tooltip,
    without_data,
)

GREY = COLOURS["gap"]
CELL_PIXELS = 17
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
KINDS = {  # of a day: how it is filled, and its edge
    "Final": (BLUE, BLUE),
    "Imported": (VIOLET, VIOLET),
    "Zero": (f"{TEAL}66", f"{TEAL}66"),
    "Pending": (f"{BLUE}22", BLUE),
    "Gap": (f"{GREY}77", f"{GREY}77"),
    "Partial": (ORANGE, ORANGE),
}
_GAP = timedelta(hours=12)  # between the columns of two weeks


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of the days of one metric: how many there are of each kind, the calendar, the week's pattern.

    The calendar is None where no day is known, the pattern where none is final.
    """

    counts: Mapping[str, int]
    calendar: Chart | None
    weekdays: Chart | None


@cached("traffic", in_words=True)
def coverage(viewer: Viewer, store: Store, selection: Selection, metric: str) -> Coverage:
    """The states of the days of one repository's views or clones, as charts."""
    known = days(viewer, store, selection)
    if known.empty:
        return Coverage({}, None, None)
    rows, pattern = calendar(known, metric), weekdays(known, metric)
    found = rows["kind"].value_counts()
    counts = {each: int(found.get(each, 0)) for each in KINDS}
    totals = ", ".join(f"{kind.lower()} {number_text(count)}" for kind, count in counts.items())
    boxes = [(f"background:{fill};box-shadow:inset 0 0 0 1px {edge}", kind) for kind, (fill, edge) in KINDS.items()]
    text = f"A calendar of {number_text(len(rows))} days of {metric} by state: {totals}."
    caption = caption_of(viewer, store, selection, f"Coverage of {metric}")
    drawn = Chart(arrow_table(rows), _calendar(), text, boxes, caption)
    if pattern.empty:
        return Coverage(counts, drawn, None)
    text = f"{metric.capitalize()} by weekday: {'; '.join(pattern['spoken'])}."
    caption = caption_of(viewer, store, selection, f"{metric.capitalize()} by weekday")
    return Coverage(counts, drawn, Chart(arrow_table(pattern), _weekdays(), text, (), caption))


def calendar(known: DataFrame, metric: str) -> DataFrame:
    """A row a day with its week, weekday and kind: a gap with a number beside it is partial at most, as one that was
    seen by an answer that did not cover the whole day."""
    mondays = pd.to_datetime(pd.Series([monday(day) for day in known["day"]], dtype="object"))
    pairs = list(zip(known[f"{metric}_state"], known[metric], strict=True))
    sources = known[f"{metric}_source"]
    rows = DataFrame(
        {
            "from": mondays,
            "to": mondays + timedelta(days=7) - _GAP,
            "weekday": [WEEKDAYS[day.weekday()] for day in known["day"]],
            "kind": [kind(str(state), value, source) for (state, value), source in zip(pairs, sources, strict=True)],
            "when": [weekday_text(day) for day in known["day"]],
            "known": ["unknown" if pd.isna(value) else f"{number_text(value)}" for _, value in pairs],
        }
    )
    parts = zip(rows["when"], rows["kind"], rows["known"], strict=True)
    rows["spoken"] = [f"{when}: {how.lower()}, {known}" for when, how, known in parts]
    return rows


def kind(state: str, value: object, source: object = "github") -> str:
    unknown = value is None or value is pd.NA
    if state == "final" and source == "import":
        return "Imported"
    if state == "final":
        return "Zero" if value == 0 else "Final"
    if state == "gap":
        return "Gap" if unknown else "Partial"
    return "Pending"


def weekdays(known: DataFrame, metric: str) -> DataFrame:
    """The median and the quartiles of the final days of each weekday; a weekday without one has no row."""
    final = known[known[f"{metric}_state"] == "final"]
    of_weekday = final[metric].astype("float64").groupby([day.weekday() for day in final["day"]])
    quartiles = {name: of_weekday.quantile(share) for name, share in (("low", 0.25), ("median", 0.5), ("high", 0.75))}
    rows = DataFrame(quartiles | {"days": of_weekday.size()})
    rows.insert(0, "weekday", [WEEKDAYS[number] for number in rows.index])
    rows = rows.reset_index(drop=True)
    parts = zip(rows["weekday"], rows["median"], rows["low"], rows["high"], strict=True)
    rows["spoken"] = [
        f"{name}: median {number_text(median, 1)}, quartiles {number_text(low, 1)} and {number_text(high, 1)}"
        for name, median, low, high in parts
    ]
    return rows


@cache
def _calendar() -> dict[str, Any]:
    """A column a week, a row a weekday."""
    fills = alt.Scale(domain=list(KINDS), range=[fill for fill, _ in KINDS.values()])
    edges = alt.Scale(domain=list(KINDS), range=[edge for _, edge in KINDS.values()])
    weekdays = alt.Scale(domain=list(WEEKDAYS), paddingInner=0.14)
    cells = alt.Chart(alt.NamedData("rows")).mark_rect(cornerRadius=2, strokeWidth=1)
    chart = cells.encode(
        x=day_axis("from", 6, format="%b %Y", ticks=False),
        x2=alt.X2("to:T"),
        y=alt.Y("weekday:N", scale=weekdays, axis=alt.Axis(title=None, ticks=False, domain=False)),
        fill=alt.Fill("kind:N", scale=fills, legend=None),
        stroke=alt.Stroke("kind:N", scale=edges, legend=None),
        tooltip=tooltip({"when": "Day (UTC)", "kind": "State", "known": "Count"}),
        description=alt.Description("spoken:N"),
    )
    return without_data(chart.properties(height=CELL_PIXELS * len(WEEKDAYS) + 30))


@cache
def _weekdays() -> dict[str, Any]:
    """A band a weekday, from the lower to the upper quartile, and the median."""
    quartiles = {"low": "25th percentile", "high": "75th percentile", "days": "Final days"}
    titles = {"weekday": "Weekday (UTC)", "median": "Median"} | quartiles
    hint = tooltip(titles, median=",.1f", low=",.1f", high=",.1f", days=",d")
    x = alt.X("weekday:N", scale=alt.Scale(domain=list(WEEKDAYS)), axis=alt.Axis(title=None, labelAngle=0, ticks=False))
    base, width = alt.Chart(), alt.RelativeBandSize(0.5)
    band = base.mark_bar(color=BLUE, opacity=0.3, cornerRadius=3, width=width).encode(
        x=x, y=count_axis("low"), y2=alt.Y2("high:Q"), tooltip=hint, description=alt.Description("spoken:N")
    )
    median = base.mark_tick(color=BLUE, thickness=3, width=width, aria=False).encode(
        x=x, y=count_axis("median"), tooltip=hint
    )
    return TOP | layered(band, median, height=220)
