"""The chart of the days before and after an event, beside what is usual."""

from datetime import date, timedelta
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight.events import Comparison, before_and_after
from data.repositories.repositories import repository_names
from data.store import Store
from data.store.arrow import arrow_table
from data.store.cache import cached
from data.text import DAILY_CLONERS, DAILY_VISITORS, day_text, number_text, weekday_text
from pages.ui.charts.chart import (
    BLUE,
    COLOURS,
    KNOWN,
    ORANGE,
    PINK,
    TOP,
    Caption,
    Chart,
    count_axis,
    day_axis,
    either,
    layered,
    rows_where,
    tooltip,
)

HEIGHT = 240
BEFORE, AFTER = timedelta(days=14), timedelta(days=30)
METRICS = {
    "views": "Views",
    "visitor_days": DAILY_VISITORS,
    "clones": "Clones",
    "cloner_days": DAILY_CLONERS,
    "stars": "Stars gained",
}

LEGEND = (
    (f"background:{COLOURS['rest']}", "Before"),
    (f"background:{BLUE}", "From the day on"),
    (f"background:{ORANGE};height:.2em", "Usual for the weekday"),
)


@cached("traffic", in_words=True)
def around(
    viewer: Viewer, store: Store, about: tuple[int, date], metric: str, today: date, *, imports: bool = True
) -> Chart:
    """The days before and after one of a repository: `about` has both."""
    rows = around_rows(before_and_after(viewer, store, *about, today, imports=imports), metric, about[1])
    known = int(rows["value"].notna().sum())
    days = f"two weeks before {day_text(about[1])} to 30 days after"
    text = f"{METRICS[metric]} of {known} final days, {days}, with the usual."
    of = repository_names(viewer, store).get(about[0], "")
    title = f"{METRICS[metric]} before and after {day_text(about[1])}"
    caption = Caption(title, of, (about[1] - BEFORE, about[1] + AFTER))
    return Chart(arrow_table(rows), _specification(), text, LEGEND, caption)


def around_rows(comparison: Comparison, metric: str, day: date) -> DataFrame:
    """The days of one metric around an event."""
    rows = comparison.around[comparison.around["metric"] == metric].reset_index(drop=True)
    at, half = pd.to_datetime(pd.Series(list(rows["day"]), dtype="object")), timedelta(hours=9)
    shown = DataFrame(
        {"from": at - half, "to": at + half, "floor": 0.0, "value": rows["value"], "usual": rows["usual"]}
    )
    shown["at"] = at
    shown["after"] = [each >= day for each in rows["day"]]
    shown["itself"] = [each == day for each in rows["day"]]
    shown["when"] = [weekday_text(each) for each in rows["day"]]
    numbers = [shown[name].map(number_text, na_action="ignore").fillna("unknown") for name in ("value", "usual")]
    parts = zip(shown["when"], *numbers, strict=True)
    shown["spoken"] = [f"{when}: {value}, usual {usual}" for when, value, usual in parts]
    return shown


@cache
def _specification() -> dict[str, Any]:
    """Bars of final days, a line at what is usual, a line down the day itself."""
    titles = {"when": "Day (UTC)", "value": "Count", "usual": "Usual on this weekday"}
    hint = tooltip(titles, value=",d", usual=",.1f")
    x = day_axis("from", 8)
    bars = rows_where(KNOWN).mark_bar(cornerRadius=1)
    usual = rows_where("isValid(datum.usual)").mark_rule(color=ORANGE, strokeWidth=2.5, aria=False)
    line = rows_where(alt.datum["itself"]).mark_rule(color=PINK, strokeDash=[3, 3], strokeWidth=1.5, aria=False)
    layers = (
        bars.encode(
            x=x,
            x2=alt.X2("to:T"),
            y=count_axis("value"),
            y2=alt.Y2("floor:Q"),
            color=either(alt.ColorValue, alt.datum["after"], BLUE, COLOURS["rest"]),
            tooltip=hint,
            description=alt.Description("spoken:N"),
        ),
        usual.encode(x=x, x2=alt.X2("to:T"), y=count_axis("usual"), tooltip=hint),
        line.encode(x=day_axis("at", 8), tooltip=hint),
    )
    return TOP | layered(*layers, height=HEIGHT)
