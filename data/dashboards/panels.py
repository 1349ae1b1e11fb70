"""The rows behind a dashboard's panel: what the viewer may see of what its specification asks for.

What a specification says is a value in a query, never a part of its text. Unknown is NULL (pandas.NA), never zero.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import DAY, monday
from data.dashboards.panel_overview import number_row, overview_rows, stars_gained
from data.dashboards.panel_text import SNAPSHOTS, notes
from data.dashboards.specification import LARGEST_LIMIT, LISTED, PERIODS, Kind, Panel, Source
from data.repositories.repositories import repositories
from data.store import Store
from data.store.sql import query
from data.traffic import traffic
from data.traffic.models import Selection

BEGINNING = date(2008, 1, 1)  # of GitHub
LONGEST_BY_DAY = 400  # days in a chart; more are shown by week
_ALONG = (*PERIODS, "weekday")
_STEPS = {  # of a question: what is set down first, and what answers it in the end
    "days": ("days", "largest"),
    "weekdays": ("weekdays", "largest"),
    "weeks": ("weeks", "largest"),
    "gains": ("gains", "largest"),
    "counters": ("readings", "counters", "largest"),
    "growth": ("readings", "growth"),
    "lists": ("listed", "lists"),
    "newest_lists": ("listed", "newest_lists"),
}


@dataclass(frozen=True, slots=True)
class PanelRows:
    """A panel's rows, and what has to be said of them.

    `rows`: period (a date; by weekday a day of the week of 1 January 1900), name (of the group), value, state (final,
    pending, gap), and of a table a column for each further measure; of a number one row, with `before`. `panel` is
    what is shown: its periods may be longer than those that were asked for. `names` is how many groups there are.
    """

    panel: Panel
    rows: DataFrame
    notes: tuple[str, ...]
    names: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """A panel's question: days, how they are put together, what else is told apart, how many of these."""

    first: date
    last: date
    by: str = "none"
    split: str = "none"
    most: int = LARGEST_LIMIT


def panel_rows(viewer: Viewer, store: Store, panel: Panel, today: date) -> PanelRows:
    """The rows of a panel that is no text, as of that UTC day. Raises: StoreMissing."""
    reading = _Reading(_seen(viewer, store, panel), store, today)
    if panel.source is Source.REPOSITORIES:
        rows = overview_rows(reading.viewer, store, panel, today)
    elif panel.kind is Kind.NUMBER:
        rows = _number(reading, panel)
    else:
        panel, rows = _legible(reading, panel)
    names = int(rows["names"].max()) if "names" in rows and len(rows) else len(rows)
    rows = _sifted(panel, rows.drop(columns="names", errors="ignore"))
    return PanelRows(panel, rows, (*notes(panel), *_notes_of(panel, rows, names)), names)


def _days_of(panel: Panel, today: date) -> tuple[date, date]:
    """The first and the last day of a panel's range: of what is counted by day up to yesterday, of what is seen at a
    moment up to today.
    """
    days = panel.range
    if days.first is not None and days.last is not None:
        return days.first, days.last
    yesterday = today - DAY
    first = BEGINNING if days.last_days is None else max(BEGINNING, yesterday - timedelta(days=days.last_days - 1))
    return first, today if panel.source in LISTED or panel.measure in SNAPSHOTS else yesterday


def _seen(viewer: Viewer, store: Store, panel: Panel) -> Viewer:
    """The viewer, narrowed to the repositories that a panel names; * stands for anything."""
    if not panel.repositories:
        return viewer
    patterns = [each.casefold().replace("[", "[[]").replace("?", "[?]") for each in panel.repositories]
    named = [
        each.repository_id
        for each in repositories(viewer, store)
        if any(fnmatchcase(each.full_name.casefold(), pattern) for pattern in patterns)
    ]
    return Viewer(frozenset(named), viewer.tenant_ids)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Who reads what, seen from which UTC day."""

    viewer: Viewer
    store: Store
    today: date

    def ask(self, panel: Panel, asked: _Asked, question: str = "") -> DataFrame:
        """The rows of a question to the panel's source, of another one than its usual where that is named."""
        values = {
            "measure": panel.measure,
            "by": asked.by,
            "split": "entry" if asked.split in LISTED.values() else asked.split,
            "first_day": asked.first,
            "last_day": asked.last,
            "most": asked.most,
            "listing": panel.source.value,
            "is_counter": panel.measure in SNAPSHOTS,
        }
        selection = Selection(asked.first, asked.last, self.today)
        *set_down, last = _STEPS[question or _question(panel)]
        with traffic.selected(self.viewer, self.store, selection) as cursor:
            cursor.execute(query(__name__, "repositories"))
            for step in set_down:
                cursor.execute(query(__name__, step), _named_in(query(__name__, step), values))
            found: pa.Table = cursor.sql(
                query(__name__, last), params=_named_in(query(__name__, last), values)
            ).to_arrow_table()
        rows: DataFrame = found.to_pandas(types_mapper=pd.ArrowDtype)
        return rows


def _named_in(text: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f"${name}" in text}


def _question(panel: Panel) -> str:
    if panel.source is Source.DAILY:
        return "weekdays" if panel.by == "weekday" else "days"
    if panel.source is Source.WEEKLY:
        return "weeks"
    if panel.source in LISTED:
        return "lists" if panel.by == "day" else "newest_lists"
    return "counters" if panel.measure in SNAPSHOTS else "gains"


def _legible(reading: _Reading, panel: Panel) -> tuple[Panel, DataFrame]:
    """The rows by what the panel tells apart, and the panel: by week where its days are too many to be drawn."""
    if panel.by != "day" or panel.kind is Kind.TABLE or panel.source in LISTED:
        return panel, _measures(reading, panel)
    coarse = replace(panel, by="week")
    first, last = _days_of(panel, reading.today)
    if first > BEGINNING and (last - first).days >= LONGEST_BY_DAY:
        return coarse, _measures(reading, coarse)
    rows = _measures(reading, panel)
    if len(rows) and (rows["period"].max() - rows["period"].min()).days >= LONGEST_BY_DAY:
        return coarse, _measures(reading, coarse)
    return panel, rows


def _measures(reading: _Reading, panel: Panel) -> DataFrame:
    """The rows of the panel's measure, with those of its further ones beside them."""
    rows = _answer(reading, panel)
    for measure in panel.also:
        beside = _answer(reading, replace(panel, measure=measure))
        keys = [each for each in ("period", "name") if panel.by in PERIODS or panel.by == "weekday" or each == "name"]
        keys = [each for each in keys if each == "period" or panel.split or panel.by not in (*PERIODS, "weekday")]
        column = beside[[*keys, "value"]].rename(columns={"value": measure})
        rows = rows.merge(column, on=keys, how="left")
    return rows


def _answer(reading: _Reading, panel: Panel) -> DataFrame:
    first, last = _days_of(panel, reading.today)
    apart = panel.split or (panel.by if panel.by not in _ALONG else None) or "none"
    most = LARGEST_LIMIT if panel.kind is Kind.TABLE else panel.most
    asked = _Asked(first, last, panel.by if panel.by in PERIODS else "none", apart, most)
    if panel.split == "weekday":
        return _weeks_by_weekday(reading.ask(panel, replace(asked, first=monday(first), by="day", split="none")))
    if panel.source is Source.WEEKLY and panel.by == "repository":
        return _newest_weeks(reading.ask(panel, _last_weeks(asked))).head(most)
    return reading.ask(panel, asked)


def _last_weeks(asked: _Asked) -> _Asked:
    """The question for the weeks among which the newest whole one is found."""
    return replace(asked, first=max(asked.first, asked.last - 5 * 7 * DAY), by="week", most=1_000_000)


def _newest_weeks(weeks: DataFrame) -> DataFrame:
    """Of each repository the newest whole week, the largest first."""
    whole = weeks[weeks["state"] == "final"].sort_values("period", ascending=False, kind="stable")
    return whole.drop_duplicates("name").sort_values("value", ascending=False, kind="stable")


def _weeks_by_weekday(days: DataFrame) -> DataFrame:
    """Days as the weekdays of their weeks."""
    named = days.assign(name=pd.array([f"{each:%A}" for each in days["period"]], dtype=days["name"].dtype))
    named["period"] = pd.array([monday(each) for each in days["period"]], dtype=days["period"].dtype)
    return named.assign(names=7)


def _number(reading: _Reading, panel: Panel) -> DataFrame:
    """One row: the value, that of before where the two compare, the state."""
    first, last = _days_of(panel, reading.today)
    whole = _Asked(first, last)
    if panel.source is Source.DAILY:
        sums = traffic.repository_sums(reading.viewer, reading.store, Selection(first, last, reading.today))
        totals = traffic.totals(sums)
        name = {"visitors": "visitor_days", "cloners": "cloner_days"}.get(panel.measure, panel.measure)
        state = "gap" if totals.gap_days else "final"
        total: traffic.Total = getattr(totals, name)
        compared, before = (total.compared, total.before) if totals.comparable else (None, None)
        return number_row(total.value, before, state, compared)
    if panel.source is Source.WEEKLY:
        weeks = reading.ask(panel, _last_weeks(whole))
        known = weeks[(weeks["state"] != "pending") & weeks["value"].notna()].sort_values("period", ascending=False)
        values, states = [*known["value"], None, None], [*known["state"], "gap", "gap"]
        return number_row(values[0], values[1] if states[:2] == ["final", "final"] else None, states[0])
    if panel.measure == "stars gained":
        return stars_gained(reading.viewer, reading.store, Selection(first, last, reading.today))
    if panel.measure == "downloads gained":
        earlier = first if first == BEGINNING else first - (last - first) - DAY
        return _gained(reading.ask(panel, replace(whole, first=earlier, by="day")), (first, last))
    rows = reading.ask(panel, whole)
    compared = before = None
    if panel.measure in SNAPSHOTS and first > BEGINNING:
        compared, before = reading.ask(panel, whole, "growth").iloc[0]
    return number_row(_only(rows), before, str(rows["state"].iloc[0]) if len(rows) else "gap", compared)


def _gained(days: DataFrame, asked: tuple[date, date]) -> DataFrame:
    """What was gained on the days that are told, and on their counterparts as long before."""
    first, last = asked
    length = last - first + DAY
    final = days[days["state"] == "final"]
    gained = dict(zip(final["period"], final["value"], strict=True))
    within = {day: int(value) for day, value in gained.items() if first <= day <= last}
    earlier = [gained.get(day - length) for day in within]
    known = first > BEGINNING and None not in earlier and bool(within)
    before = sum(int(each) for each in earlier if each is not None) if known else None
    return number_row(sum(within.values()) if within else None, before, "final")


def _sifted(panel: Panel, rows: DataFrame) -> DataFrame:
    """The rows without what is below the minimum, of a table in order and no more than are wanted."""
    if panel.minimum is not None and "value" in rows:
        kept = (rows["value"] >= panel.minimum).fillna(False)
        if panel.split:
            kept = rows["name"].isin(rows.loc[kept, "name"])
        rows = rows[kept]
    if panel.kind is Kind.TABLE:
        if panel.by in PERIODS:
            rows = rows.sort_values(["period", "value"], ascending=False, kind="stable")
        rows = rows.head(panel.most)
    return rows.reset_index(drop=True)


def _notes_of(panel: Panel, rows: DataFrame, names: int) -> list[str]:
    """What has to be said of these very rows."""
    found = []
    shown = rows["name"].nunique() if "name" in rows else 0
    if 0 < shown < names:
        found.append(f"The {shown:,} largest of {names:,}.")
    if panel.kind is Kind.NUMBER and len(rows) and rows["state"].iloc[0] == "gap":
        found.append("Not everything is known: some days are gaps." if panel.source is Source.DAILY else "In part.")
    return found


def _only(rows: DataFrame) -> Any:
    return rows["value"].iloc[0] if len(rows) else None
