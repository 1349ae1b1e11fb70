"""Arranges the days before and after an event for the table, the chart and the sentences. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from pandas import DataFrame

from data.insight.events import Comparison
from data.insight.spike_causes import Spike
from pages.insight.repository_rows import Mark
from pages.ui.changes import of_ratio
from pages.ui.tables import day_text

METRICS = {
    "views": "Views",
    "visitor_days": "Visitor-days",
    "clones": "Clones",
    "cloner_days": "Cloner-days",
    "stars": "Stars gained",
}
CARDS = ("views", "visitor_days", "clones", "stars")
WINDOWS = {"before": "7 days before", "after_7": "7 days from it", "after_30": "30 days from it"}
LABEL_LIMIT = 90


@dataclass(frozen=True, slots=True)
class Card:
    """What the week from the day on brought of one metric: of how many days, and the change against the usual."""

    name: str
    days: str
    total: int | None
    change: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """A day on which something happened, and what, on one line; its key is the day, the kind, and a number where that
    day has several of the kind, so that a link to it holds nobody's text. What stood out has a score.
    """

    day: date
    label: str
    key: str
    score: float = 0.0


def events(found: Iterable[Mark], spikes: Iterable[Spike]) -> list[Event]:
    """Everything that can be looked at, the newest day first, each once."""
    told = {(each.day, each.kind, f"{each.kind}: {each.text}"): 0.0 for each in found}
    told |= {(each.peak, each.metric, f"Spike: {each.value:,} {each.metric}"): each.score for each in spikes}
    made, seen = [], Counter[str]()
    for (day, kind, text), score in sorted(told.items()):
        key = f"{day}-{kind.lower()}"
        seen[key] += 1
        numbered = key if seen[key] == 1 else f"{key}-{seen[key]}"
        made.append(Event(day, f"{day_text(day)} · {_short(text)}", numbered, score))
    return made[::-1]


def most_notable(found: Sequence[Event]) -> Event:
    """What is looked at first: the day that stood out most; where none did, the newest."""
    return max(found, key=lambda each: each.score)


def cards(found: Comparison) -> list[Card]:
    """The week from the day on in a few numbers; where days are missing, it says of how many they are."""
    rows = found.windows[found.windows["window"] == "after_7"].set_index("metric")
    made = []
    for metric in CARDS:
        row = rows.loc[metric]
        days = "7 days" if row["final_days"] == row["days"] else f"{row['final_days']} of 7 days"
        total = None if pd.isna(row["total"]) else int(row["total"])
        made.append(Card(METRICS[metric], days, total, None if pd.isna(row["change"]) else float(row["change"])))
    return made


def table(found: Comparison) -> DataFrame:
    """A row a metric: the total of each window and its change against the usual, of 7 days also on the week before."""
    shown = DataFrame({"metric": list(METRICS.values())})
    by_window = found.windows.set_index(["window", "metric"])
    for window in WINDOWS:
        rows = by_window.loc[window].reindex(list(METRICS))
        shown[window] = rows["total"].astype("Float64").round().astype("Int64").to_numpy()
        shown[f"{window}_change"] = _changes(rows["change"])
        if window == "after_7":
            shown["on_before"] = _changes(rows["change_on_before"])
    return shown


def incomplete(found: Comparison) -> list[str]:
    """What to know of the windows that lack days, of views and of clones."""
    said = []
    for window, name in WINDOWS.items():
        rows = found.windows[(found.windows["window"] == window) & found.windows["metric"].isin(["views", "clones"])]
        lacking = rows.loc[rows["final_days"].idxmin()]
        if lacking["final_days"] == lacking["days"]:
            continue
        parts = [
            f"{count} {'is' if count == 1 else 'are'} {how}"
            for count, how in ((lacking["open_days"], "not final yet"), (lacking["lost_days"], "unknown"))
            if count
        ]
        said.append(
            f"{name}: {' and '.join(parts)}, so {lacking['final_days']} of {lacking['days']} days are counted, and the "
            "usual is that of the same days."
        )
    return said


def around(found: Comparison, metric: str, day: date) -> DataFrame:
    """The days of one metric for the chart."""
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


def around_text(rows: DataFrame, name: str, day: date) -> str:
    """The chart of around() in a sentence."""
    known = int(rows["value"].notna().sum())
    return f"{name} of {known} final days, two weeks before {day_text(day)} to 30 days from it, beside the usual."


def _changes(shares: "pd.Series[float]") -> list[str | None]:
    return [None if pd.isna(each) else of_ratio(1 + each) for each in shares]


def _short(text: str) -> str:
    return text if len(text) <= LABEL_LIMIT else f"{text[: LABEL_LIMIT - 1]}…"


def _number(value: float) -> str:
    return "unknown" if pd.isna(value) else f"{value:,.0f}"
