"""The rows behind a dashboard's panel: what the viewer may see of what its specification asks for.

What a specification says is a value in a query, never a part of its text. Unknown is NULL (pandas.NA), never zero.
"""

from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import DAY, monday
from data.dashboards.panel_text import SNAPSHOTS, notes
from data.dashboards.specification import LARGEST_LIMIT, LISTED, PEOPLE, PERIODS, Kind, Panel, Source
from data.repositories.groups import group_names, groups
from data.repositories.repositories import repositories, repository_names
from data.store import Store, arrow
from data.store.cache import cached
from data.store.sql import query
from data.text import number_text, others_text
from data.traffic import traffic
from data.traffic.models import Selection

BEGINNING = date(2008, 1, 1)  # of GitHub
LONGEST_BY_DAY = 400  # days in a chart; more are shown by week
EVERY_GROUP = 1_000_000
ALONG_TIME = (*PERIODS, "weekday")
COLUMNS = ("period", "name", "value", "state", "names")  # of what a statement answers
SUMMARY_COLUMNS = {
    "views": "views_30",
    "clones": "clones_30",
    "stars": "stars",
    "days until loss": "days_until_loss",
}


@dataclass(frozen=True, slots=True)
class PanelRows:
    """A panel's rows, and what a reader has to know of them.

    `rows`: period (a date; by weekday a day of the week of 1 January 1900), name (of the group), value, state (final;
    partial: final, but of some days of the period; pending, gap), and of a table a column for each further measure; of
    a number one row: value, before, compared (what of the value is compared with before) and state. `panel` is what is
    shown: its periods may be longer than those that were asked for. `names` is how many groups there are. `compared`:
    what the totals of a chart over time are compared with, where that was chosen and they have a counterpart.
    """

    panel: Panel
    rows: DataFrame
    notes: tuple[str, ...]
    names: int
    compared: Selection | None = None


@cached("traffic", in_words=True)
def panel_rows(viewer: Viewer, store: Store, panel: Panel, today: date) -> PanelRows:
    """The rows of a panel that is no text, as of that UTC day. Raises: StoreMissing."""
    reader = _Reader(_named(viewer, store, panel), store, today)
    if panel.kind is Kind.NUMBER:
        rows = reader.number(panel)
        if panel.range.before_days is not None and not reader.compares(panel):
            rows = rows.assign(before=None, compared=None)
    elif panel.source is Source.REPOSITORIES:
        rows = reader.summaries(panel)
    else:
        panel, rows = reader.legible(panel)
    names = int(rows["names"].max()) if "names" in rows and len(rows) else len(rows)
    rows = _filtered(panel, rows.drop(columns="names", errors="ignore"))
    return PanelRows(panel, rows, (*notes(panel), *_notes_of(panel, rows, names)), names, reader.compared(panel))


def _named(viewer: Viewer, store: Store, panel: Panel) -> Viewer:
    """The viewer, narrowed to the repositories that a panel names, or the groups; * in a name stands for anything."""
    if not panel.repositories:
        return viewer
    wanted = {each.casefold() for each in panel.repositories}
    grouped = {key for each in groups(viewer, store) if each.name.casefold() in wanted for key in each.repository_ids}
    patterns = [each.replace("[", "[[]").replace("?", "[?]") for each in wanted]
    named = {
        each.repository_id
        for each in repositories(viewer, store)
        if any(fnmatchcase(each.full_name.casefold(), pattern) for pattern in patterns)
    }
    return replace(viewer, repository_ids=frozenset(named | (grouped & viewer.repository_ids)))


@dataclass(frozen=True, slots=True)
class _Reader:
    viewer: Viewer
    store: Store
    today: date

    def days_of(self, panel: Panel) -> tuple[date, date]:
        """The first and the last day of a panel's range: of what is counted by day up to yesterday, of what is seen at
        a moment up to today.
        """
        days = panel.range
        first, last = days.days(self.today - DAY, BEGINNING)
        is_of_moments = panel.source in LISTED or panel.measure in SNAPSHOTS
        return first, self.today if days.last is None and is_of_moments else last

    def groups(
        self,
        panel: Panel,
        days: tuple[date, date],
        by: str,
        split: str = "none",
        most: int = 1,
        *,
        with_total: bool = False,
    ) -> DataFrame:
        """The largest groups of a panel's measure. `by` is a period, weekday or none, `split` the second dimension.

        Rows: period, name, value, state, names (how many groups there are); of traffic after them, `with_total`, what
        all groups have together, without a name.
        """
        if panel.source in {Source.DAILY, Source.WEEKLY}:
            statement = "weekdays" if by == "weekday" else "traffic"
        elif panel.source in LISTED:
            statement = "lists"
        else:
            statement = "counters" if panel.measure in SNAPSHOTS else "gains"
        return self.ask(
            statement,
            measure=panel.measure,
            by=by,
            split="entry" if split in LISTED.values() else split,
            first_day=days[0],
            last_day=days[1],
            most=most,
            true_uniques=panel.source is Source.WEEKLY,
            listing=panel.source.value,
            newest=by == "none",
            with_total=with_total,
            **self.members(split),
        )

    def members(self, split: str) -> dict[str, list[Any]]:
        """The visible repositories, and beside each the group in which it counts: one of several, or itself. Where all
        count together, or by what is listed, no group is named.
        """
        if split in {"none", *LISTED.values()}:
            return {"visible": sorted(self.viewer.repository_ids), "groups": []}
        names = repository_names(self.viewer, self.store)
        if split == "group":
            of_group = group_names(self.viewer, self.store)
            pairs = [(key, of_group[g.group_id]) for g in groups(self.viewer, self.store) for key in g.repository_ids]
            seen = [(key, name) for key, name in pairs if key in self.viewer.repository_ids]
            return {"visible": [key for key, _ in seen], "groups": [name for _, name in seen]}
        return {"visible": list(names), "groups": list(names.values())}

    def compared(self, panel: Panel) -> Selection | None:
        """What the totals of days, weeks or months of traffic are compared with; None where that is nothing."""
        stacked = panel.kind is Kind.BARS and panel.split == "repository" and panel.measure not in PEOPLE
        over_time = panel.kind in {Kind.LINE, Kind.BARS} and panel.by in PERIODS and panel.source is Source.DAILY
        if not ((panel.split is None or stacked) and over_time and panel.range.before_days and panel.minimum is None):
            return None
        first, last = self.days_of(panel)
        return Selection(first, last, self.today, self.viewer.repository_ids, before_days=panel.range.before_days)

    def ask(self, statement: str, **values: Any) -> DataFrame:
        """The rows of a statement, which gets those of the values that it names."""
        text = query(__name__, statement)
        named = {name: value for name, value in values.items() if f"${name}" in text}
        return arrow.frame(arrow.ask(self.store, text, self.today, named))

    def legible(self, panel: Panel) -> tuple[Panel, DataFrame]:
        """The rows by the panel's dimensions, and the panel: by week where its days are too many to be drawn."""
        if panel.by != "day" or panel.kind is Kind.TABLE or panel.source in LISTED:
            return panel, self.measures(panel)
        by_week = replace(panel, by="week")
        first, last = self.days_of(panel)
        if first > BEGINNING and (last - first).days >= LONGEST_BY_DAY:
            return by_week, self.measures(by_week)
        rows = self.measures(panel)
        if len(rows) and (rows["period"].max() - rows["period"].min()).days >= LONGEST_BY_DAY:
            return by_week, self.measures(by_week)
        return panel, rows

    def measures(self, panel: Panel) -> DataFrame:
        rows = self.measure(panel)
        keys = ["period"] if panel.by in ALONG_TIME else []
        keys += ["name"] if panel.split or panel.by not in ALONG_TIME else []
        for measure in panel.also:
            if measure not in rows:  # what is listed comes with all of its measures
                beside = self.measure(replace(panel, measure=measure))[[*keys, "value"]]
                rows = rows.merge(beside.rename(columns={"value": measure}), on=keys, how="left")
        return rows[[*COLUMNS, *panel.also]]

    def measure(self, panel: Panel) -> DataFrame:
        days, by = self.days_of(panel), panel.by if panel.by in ALONG_TIME else "none"
        split = panel.split or (panel.by if by == "none" else None) or "none"
        most = LARGEST_LIMIT if panel.kind is Kind.TABLE else panel.most
        if split == "weekday":
            return _weeks_by_weekday(self.groups(panel, days, "day"))
        if panel.source is Source.WEEKLY and by == "none":
            weeks = self.groups(panel, _last_weeks(days), "week", split, EVERY_GROUP)
            whole = weeks[weeks["state"] == "final"].sort_values("period", ascending=False, kind="stable")
            newest = whole.drop_duplicates("name")
            return newest.sort_values("value", ascending=False, kind="stable").head(most)
        stacked = panel.kind is Kind.BARS and panel.source is Source.DAILY and split == "repository" and by in PERIODS
        if stacked and panel.measure not in PEOPLE and panel.minimum is None:
            return _with_others(self.groups(panel, days, by, split, most, with_total=True))
        return self.groups(panel, days, by, split, most)

    def number(self, panel: Panel) -> DataFrame:
        """One row: the value, that of before where the two compare, the state."""
        first, last = self.days_of(panel)
        if panel.source is Source.REPOSITORIES:
            return self.summary(panel)
        if panel.source is Source.DAILY or panel.measure == "stars gained":
            return self.total(panel, Selection(first, last, self.today, before_days=panel.range.before_days))
        if panel.source is Source.WEEKLY:
            weeks = self.groups(panel, _last_weeks((first, last)), "week")
            known = weeks[weeks["state"].isin(["final", "gap"]) & weeks["value"].notna()].sort_values(
                "period", ascending=False
            )
            values, states = [*known["value"], None, None], [*known["state"], "gap", "gap"]
            return _number(values[0], values[1] if states[:2] == ["final", "final"] else None, states[0])
        if panel.measure == "downloads gained":
            earlier = first if first == BEGINNING else first - (last - first) - DAY
            return _gained(self.groups(panel, (earlier, last), "day"), (first, last))
        rows = self.groups(panel, (first, last), "none")
        compared = before = None
        if panel.measure in SNAPSHOTS and first > BEGINNING:
            growth = self.ask("growth", measure=panel.measure, first_day=first, last_day=last, **self.members("none"))
            compared, before = growth.iloc[0]
        value, state = (rows["value"].iloc[0], str(rows["state"].iloc[0])) if len(rows) else (None, "gap")
        return _number(value, before, state, compared)

    def compares(self, panel: Panel) -> bool:
        """Whether a number stands beside that of the days that were chosen to compare with, and of no others."""
        first, last = self.days_of(panel)
        if panel.range.before_days == (last - first).days + 1:
            return True
        return panel.range.before_days != 0 and (panel.source is Source.DAILY or panel.measure == "stars gained")

    def total(self, panel: Panel, selection: Selection) -> DataFrame:
        totals = traffic.selection_totals(self.viewer, self.store, selection)
        names = {"visitors": "visitor_days", "cloners": "cloner_days", "stars gained": "stars"}
        total: traffic.Total = getattr(totals, names.get(panel.measure, panel.measure))
        compared, before = (total.compared, total.before) if totals.comparable else (None, None)
        is_gap = panel.source is Source.DAILY and totals.gap_days
        return _number(total.value, before, "gap" if is_gap else "final", compared)

    def summary(self, panel: Panel) -> DataFrame:
        """What the tracked repositories have together; of days until loss the least."""
        tracked = self.tracked()
        values = tracked[SUMMARY_COLUMNS[panel.measure]].dropna()
        value = None
        if len(values):
            value = values.min() if panel.measure == "days until loss" else values.sum()
        return _number(value, None, "final" if len(values) == len(tracked) else "gap")

    def summaries(self, panel: Panel) -> DataFrame:
        """The tracked repositories, the largest first; of days until loss the least."""
        tracked = self.tracked()
        rows = DataFrame({"name": tracked["full_name"], "value": tracked[SUMMARY_COLUMNS[panel.measure]]})
        rows.insert(0, "period", pd.array([None] * len(rows), dtype=pd.ArrowDtype(pa.date32())))
        states = ["gap" if each else "final" for each in rows["value"].isna()]
        rows["state"] = pd.array(states, dtype=rows["name"].dtype)
        for measure in panel.also:
            rows[measure] = tracked[SUMMARY_COLUMNS[measure]]
        ascending = panel.measure == "days until loss"
        rows = rows.sort_values("value", ascending=ascending, na_position="last", kind="stable")
        return rows.assign(names=len(rows)).head(panel.most)

    def tracked(self) -> DataFrame:
        found = traffic.repository_summaries(self.viewer, self.store, self.today)
        return found[found["state"] != "removed"]


def _with_others(rows: DataFrame) -> DataFrame:
    """Bars by repository, and in place of the total one of all that have none of their own: as high as it together."""
    is_total = rows["name"].isna()
    more = int(rows["names"].max()) - rows["name"].nunique() if len(rows) else 0
    if not more:
        return rows[~is_total]
    total = rows[is_total].set_index("period")["value"]
    rest = total - rows[~is_total].groupby("period")["value"].sum().reindex(total.index).fillna(0)
    rows.loc[is_total, "value"] = rest.array
    rows.loc[is_total, "name"] = others_text(more)
    return rows


def _last_weeks(days: tuple[date, date]) -> tuple[date, date]:
    return max(days[0], monday(days[1]) - 5 * 7 * DAY), days[1]


def _weeks_by_weekday(days: DataFrame) -> DataFrame:
    named = days.assign(name=pd.array([f"{each:%A}" for each in days["period"]], dtype=days["name"].dtype))
    named["period"] = pd.array([monday(each) for each in days["period"]], dtype=days["period"].dtype)
    return named.assign(names=7)


def _gained(days: DataFrame, asked: tuple[date, date]) -> DataFrame:
    """What was gained on the days that are known, and on their counterparts as long before."""
    first, last = asked
    length = last - first + DAY
    final = days[days["state"] == "final"]
    gained = dict(zip(final["period"], final["value"], strict=True))
    within = {day: int(value) for day, value in gained.items() if first <= day <= last}
    earlier = [gained.get(day - length) for day in within]
    known = first > BEGINNING and None not in earlier and bool(within)
    before = sum(int(each) for each in earlier if each is not None) if known else None
    return _number(sum(within.values()) if within else None, before, "final")


def _number(value: Any, before: Any, state: str, compared: Any = None) -> DataFrame:
    """The one row of a number; where `compared` is not given, all of the value is compared. None is unknown."""
    compared = value if compared is None and before is not None else compared
    number = pd.ArrowDtype(pa.int64())
    numbers = {
        name: pd.array([None if each is None or pd.isna(each) else int(each)], dtype=number)
        for name, each in (("value", value), ("before", before), ("compared", compared))
    }
    return DataFrame(numbers | {"state": pd.array([state], dtype=pd.ArrowDtype(pa.string()))})


def _filtered(panel: Panel, rows: DataFrame) -> DataFrame:
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
    found = []
    shown = rows["name"].nunique() if "name" in rows else 0
    if 0 < shown < names and rows["name"].iloc[-1] != others_text(names - shown + 1):
        found.append(f"Top {number_text(shown)} of {number_text(names)}.")
    if panel.kind is Kind.NUMBER and len(rows) and rows["state"].iloc[0] == "gap":
        found.append("Partial: some days are gaps." if panel.source is Source.DAILY else "Partial.")
    return found
