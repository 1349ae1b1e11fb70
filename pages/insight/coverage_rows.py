"""Arranges what is known of a repository's days: the state of each, how many there are, the week's pattern. Pure."""

from collections.abc import Mapping
from datetime import timedelta

import pandas as pd
from pandas import DataFrame

from data.calendar import monday
from pages.ui.tables import day_text

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
KINDS = ("Final", "True zero", "Pending", "Gap", "Known in part")
_GAP = timedelta(hours=12)  # between the columns of two weeks


def calendar(days: DataFrame, metric: str) -> DataFrame:
    """A row a day with its week, weekday and kind: a gap with a number beside it is known in part at most, as one
    that was imported, or seen by an answer that did not cover the whole day."""
    mondays = pd.to_datetime(pd.Series([monday(day) for day in days["day"]], dtype="object"))
    pairs = list(zip(days[f"{metric}_state"], days[metric], strict=True))
    rows = DataFrame(
        {
            "from": mondays,
            "to": mondays + timedelta(days=7) - _GAP,
            "weekday": [WEEKDAYS[day.weekday()] for day in days["day"]],
            "kind": [kind(str(state), value) for state, value in pairs],
            "when": [f"{day:%A}, {day_text(day)}" for day in days["day"]],
            "known": ["unknown" if pd.isna(value) else f"{value:,}" for _, value in pairs],
        }
    )
    said = zip(rows["when"], rows["kind"], rows["known"], strict=True)
    rows["spoken"] = [f"{when}: {how.lower()}, {known}" for when, how, known in said]
    return rows


def kind(state: str, value: object) -> str:
    """The kind of a day."""
    unknown = value is None or value is pd.NA
    if state == "final":
        return "True zero" if value == 0 else "Final"
    if state == "gap":
        return "Gap" if unknown else "Known in part"
    return "Pending"


def counts(rows: DataFrame) -> Mapping[str, int]:
    """How many days there are of each kind."""
    found = rows["kind"].value_counts()
    return {each: int(found.get(each, 0)) for each in KINDS}


def weekdays(days: DataFrame, metric: str) -> DataFrame:
    """The median and the quartiles of the final days of each weekday; a weekday without one has no row."""
    final = days[days[f"{metric}_state"] == "final"]
    values = final[metric].astype("float64")
    of_weekday = values.groupby([day.weekday() for day in final["day"]])
    found = of_weekday.quantile([0.25, 0.5, 0.75]).unstack() if len(values) else DataFrame(columns=[0.25, 0.5, 0.75])
    rows = DataFrame(
        {
            "weekday": [WEEKDAYS[number] for number in found.index],
            "low": found[0.25].to_numpy(dtype="float64"),
            "median": found[0.5].to_numpy(dtype="float64"),
            "high": found[0.75].to_numpy(dtype="float64"),
            "days": of_weekday.size().to_numpy(dtype="int64"),
        }
    )
    said = zip(rows["weekday"], rows["median"], rows["low"], rows["high"], strict=True)
    rows["spoken"] = [
        f"{name}: median {median:,.1f}, quartiles {low:,.1f} and {high:,.1f}" for name, median, low, high in said
    ]
    return rows
