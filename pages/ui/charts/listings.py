"""Charts of the lists of referrers and paths: who stood in them when, and between what a day's views lie.

What is in no list is left blank, since it is unknown and not zero. A selection here is of one repository.
"""

import copy
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight.lists import History, history, listing_bounds, summary, unexplained
from data.store import Store
from data.store.arrow import arrow_table
from data.store.cache import cached
from data.text import day_text, number_text, weekday_text
from data.traffic.models import Selection
from pages.ui.charts.chart import (
    BLUE,
    ORANGE,
    TOP,
    Chart,
    caption_of,
    count_axis,
    day_axis,
    either,
    layered,
    tooltip,
    without_data,
)

ROW_PIXELS, AXIS_PIXELS, BELOW_PIXELS = 24, 96, 60
BOUND_HEIGHT, SHARE_HEIGHT = 200, 110
EXTENT: dict[str, Any] = {"minExtent": 46, "maxExtent": 46}  # pixels of the axis, so that a day stands below itself
MOST_ROWS = 12  # of the chart
TITLES = {"referrers": "Referrers", "paths": "Popular content"}
LONGEST_HOLD = timedelta(days=14)  # a list stands in the chart until the next one, and no longer than it covers
MOST_BOUND_DAYS = 92  # to work them out for a year takes more than a second


@cached("traffic", in_words=True)
def lists_chart(viewer: Viewer, store: Store, selection: Selection, listing: str, full_name: str) -> Chart:
    """The lists seen in these days: a cell for each list and name, of the names that matter most."""
    known = history(viewer, store, selection, listing)
    largest = tuple(summary(known, selection.first).nlargest(MOST_ROWS, "most_views")["name"])
    rows = heat_rows(known, largest, selection.first, full_name)
    names = tuple(below(name, full_name) for name in largest)
    text = f"{len(names)} {listing} in {rows['from'].nunique()} lists, the darker the more views: "
    caption = caption_of(viewer, store, selection, f"{TITLES[listing]} over time")
    return Chart(arrow_table(rows), heat_specification(names), f"{text}{', '.join(names)}.", (), caption)


@cached("traffic", in_words=True)
def bounds_chart(viewer: Viewer, store: Store, selection: Selection, listing: str, name: str) -> Chart | None:
    """The bounds of a referrer's or path's daily views, in the last 92 of these days; None: no list has any."""
    first = max(selection.first, selection.last - timedelta(days=MOST_BOUND_DAYS - 1))
    rows = listing_bounds(viewer, store, replace(selection, first=first), listing)
    of_name = rows[rows["name"] == name]
    if of_name.empty:
        return None
    shown = bound_rows(of_name)
    text = f"Guaranteed range of the daily views of {name}, {len(shown)} days. "
    text += f"Highest guaranteed: {number_text(shown['low'].max())}, {shown['when'][shown['low'].idxmax()]}."
    title = f"Daily views of {name}, at least and at most"
    caption = caption_of(viewer, store, replace(selection, first=first), title)
    return Chart(arrow_table(shown), _bounds(), text, (), caption)


@cached("traffic", in_words=True)
def share_chart(viewer: Viewer, store: Store, selection: Selection, listing: str) -> Chart | None:
    """The share of all views that is outside the top 10 of each list; None: it is known of no list."""
    drawn = share_rows(unexplained(viewer, store, selection, listing))
    if drawn.empty:
        return None
    low, high = drawn["low"].iloc[-1], drawn["high"].iloc[-1]
    text = f"Share of the views outside the top 10, {len(drawn)} lists; of the last {low:.0%} to {high:.0%}."
    caption = caption_of(viewer, store, selection, f"Share of views outside the top 10: {TITLES[listing].lower()}")
    return Chart(arrow_table(drawn), _share(), text, (), caption)


def below(name: str, repository: str) -> str:
    """A path as it is below the repository's own, which stands before nearly all of them; anything else as it is."""
    own = f"/{repository}".casefold()
    if name.casefold() == own:
        return "/"
    return name[len(own) :] if name.casefold().startswith(f"{own}/") else name


def heat_rows(known: History, names: Sequence[str], first: date, repository: str) -> DataFrame:
    """A cell for each list from a day on and each of these names in it."""
    days = [day for day in known.lists["observed_on"] if day >= first]
    until = dict(zip(days, _ends(days), strict=True))
    cells = known.entries[known.entries["name"].isin(names) & (known.entries["observed_on"] >= first)]
    seen = list(cells["observed_on"])
    rows = cells[["rank", "views", "view_uniques"]].astype("int64").reset_index(drop=True)
    rows["name"] = [below(str(name), repository) for name in cells["name"]]
    rows["from"], rows["to"] = _moments(seen), _moments([until[day] for day in seen])
    rows["seen"] = [day_text(day) for day in seen]
    parts = zip(rows["name"], rows["seen"], rows["views"], strict=True)
    rows["spoken"] = [f"{name}, list of {day}: {number_text(views)} views in 14 days" for name, day, views in parts]
    return rows


def bound_rows(of_name: DataFrame) -> DataFrame:
    at = _moments(list(of_name["day"]))
    low = of_name["low"].astype("int64").to_numpy()
    unlimited = of_name["high"].isna().to_numpy()
    high = of_name["high"].fillna(0).astype("int64").to_numpy()
    half = pd.Timedelta(days=0.39)
    rows = DataFrame({"at": at, "from": at - half, "to": at + half, "low": low, "open": unlimited})
    rows["high"] = [least if endless else most for least, most, endless in zip(low, high, unlimited, strict=True)]
    rows["most"] = [
        "unknown" if endless else f"{number_text(most)}" for most, endless in zip(high, unlimited, strict=True)
    ]
    rows["when"] = [weekday_text(day) for day in of_name["day"]]
    parts = zip(rows["when"], rows["low"], rows["most"], strict=True)
    rows["spoken"] = [f"{when}: at least {number_text(least)}, at most {most}" for when, least, most in parts]
    return rows


def share_rows(shares: DataFrame) -> DataFrame:
    """The shares that lists leave unexplained, for their chart; lists of which it is not known are left out."""
    known = shares.dropna(subset=["low", "high"])
    days = list(known["day"])
    rows = known[["low", "high"]].reset_index(drop=True)
    rows["high"] = rows["high"].clip(lower=rows["low"] + 0.012)  # so that an exact share is seen too
    rows["from"], rows["to"] = _moments(days), _moments(_ends(days))
    rows["seen"] = [day_text(day) for day in days]
    parts = zip(rows["seen"], rows["low"], rows["high"], strict=True)
    rows["spoken"] = [f"List of {day}: {low:.0%} to {high:.0%} outside the top 10" for day, low, high in parts]
    return rows


def _moments(days: Sequence[date]) -> "pd.Series[Any]":
    return pd.to_datetime(pd.Series(days, dtype="object"))


def _ends(days: Sequence[date]) -> list[date]:
    """Until when each list stands in a chart: to the next one, the last for a day."""
    afters = [*days[1:], *(day + timedelta(days=1) for day in days[-1:])]
    return [min(after, day + LONGEST_HOLD) for day, after in zip(days, afters, strict=True)]


def heat_specification(names: tuple[str, ...]) -> dict[str, Any]:
    """A row a name from the top, a cell a list that has it, the darker the more views.

    Rows: name, from, to (UTC: the list and the next one), seen, rank, views, view_uniques, spoken.
    """
    found = copy.deepcopy(_heat())
    found["height"] = ROW_PIXELS * max(1, len(names)) + BELOW_PIXELS
    found["encoding"]["y"]["scale"] = {"domain": list(names)}
    return found


@cache
def _heat() -> dict[str, Any]:
    names = alt.Axis(title=None, labelLimit=AXIS_PIXELS, minExtent=AXIS_PIXELS, ticks=False, domain=False)
    shades = alt.Scale(type="symlog", range=[f"{BLUE}33", BLUE], domainMin=0)
    titles = {"name": "Name", "seen": "List of (UTC)", "rank": "Rank"}
    titles |= {"views": "Views (14 days)", "view_uniques": "Unique visitors (14 days)"}
    cells = alt.Chart(alt.NamedData("rows")).mark_rect(cornerRadius=2)
    chart = cells.encode(
        x=day_axis("from", 6),
        x2=alt.X2("to:T"),
        y=alt.Y("name:N", axis=names, scale=alt.Scale(domain=[""], paddingInner=0.18)),
        color=alt.Color("views:Q", scale=shades, legend=None),
        tooltip=tooltip(titles, rank=",d", views=",d", view_uniques=",d"),
        description=alt.Description("spoken:N"),
    )
    return without_data(chart)


@cache
def _bounds() -> dict[str, Any]:
    """A band a day, from the least to the most views that a name can have had."""
    base = alt.Chart()
    hint = tooltip({"when": "Day (UTC)", "low": "At least", "most": "At most"}, low=",d")
    x, y = day_axis("from", 6), count_axis("low", 4, **EXTENT)
    band = base.mark_bar(color=BLUE, cornerRadius=1).encode(
        x=x,
        x2=alt.X2("to:T"),
        y=y,
        y2=alt.Y2("high:Q"),
        opacity=either(alt.OpacityValue, alt.datum["open"], 0.12, 0.35),
        tooltip=hint,
        description=alt.Description("spoken:N"),
    )
    least = base.mark_rule(color=BLUE, strokeWidth=2.5, aria=False).encode(x=x, x2=alt.X2("to:T"), y=y, tooltip=hint)
    return TOP | layered(band, least, height=BOUND_HEIGHT)


@cache
def _share() -> dict[str, Any]:
    """Between what the share lies that a list leaves unexplained."""
    axis = alt.Axis(title=None, format="%", tickCount=4, **EXTENT)
    band = alt.Chart(alt.NamedData("rows")).mark_rect(color=ORANGE, opacity=0.45, cornerRadius=1)
    chart = band.encode(
        x=day_axis("from", 6),
        x2=alt.X2("to:T"),
        y=alt.Y("low:Q", axis=axis, scale=alt.Scale(domain=[0, 1])),
        y2=alt.Y2("high:Q"),
        tooltip=tooltip({"seen": "List of (UTC)", "low": "At least", "high": "At most"}, low=".0%", high=".0%"),
        description=alt.Description("spoken:N"),
    )
    return without_data(chart.properties(height=SHARE_HEIGHT))
