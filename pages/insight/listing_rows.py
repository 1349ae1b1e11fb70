"""Arranges the lists of referrers and paths for tables and charts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
from pandas import DataFrame

from data.insight.lists import History
from pages.ui.tables import day_text

MOST_ROWS = 12  # of the chart
LONGEST_HOLD = timedelta(days=14)  # a list stands in the chart until the next one, and no longer than it tells of
SHOWN = ("name", "rank", "move", "views", "view_uniques", "best_rank", "first", "last_seen", "lists", "title")


@dataclass(frozen=True, slots=True)
class Heat:
    """The rows of the chart of lists, and its names from the top."""

    rows: DataFrame
    names: tuple[str, ...]


def table(summary: DataFrame, repository: str) -> DataFrame:
    """The names with words for how they moved and since when they are known; paths as below()."""
    shown = summary.copy()
    pairs = zip(summary["rank"], summary["rank_before"], strict=True)
    shown["move"] = [_move(now, before) for now, before in pairs]
    shown["first"] = summary["first_seen"]
    shown["name"] = [below(name, repository) for name in summary["name"]]
    return shown[[name for name in SHOWN if name != "title" or summary["title"].notna().any()]]


def below(name: str, repository: str) -> str:
    """A path as it is below the repository's own, which stands before nearly all of them; anything else as it is."""
    own = f"/{repository}".casefold()
    if name.casefold() == own:
        return "/"
    return name[len(own) :] if name.casefold().startswith(f"{own}/") else name


def heat(known: History, summary: DataFrame, first: date, repository: str) -> Heat:
    """The lists from a day on: a cell for each list and name, of the names that matter most."""
    names = tuple(summary.nlargest(MOST_ROWS, "most_views")["name"])
    days = [day for day in known.lists["observed_on"] if day >= first]
    until = dict(zip(days, _ends(days), strict=True))
    cells = known.entries[known.entries["name"].isin(names) & (known.entries["observed_on"] >= first)]
    seen = list(cells["observed_on"])
    ends = [until[day] for day in seen]
    rows = DataFrame(
        {
            "name": [below(str(name), repository) for name in cells["name"]],
            "from": pd.to_datetime(pd.Series(seen, dtype="object")).to_numpy(),
            "to": pd.to_datetime(pd.Series(ends, dtype="object")).to_numpy(),
            "seen": [day_text(day) for day in seen],
            "rank": cells["rank"].astype("int64").to_numpy(),
            "views": cells["views"].astype("int64").to_numpy(),
            "view_uniques": cells["view_uniques"].astype("int64").to_numpy(),
        }
    )
    said = zip(rows["name"], rows["seen"], rows["views"], strict=True)
    rows["spoken"] = [f"{name}, list of {day}: {views:,} views of 14 days" for name, day, views in said]
    return Heat(rows, tuple(below(name, repository) for name in names))


def bounds(of_name: DataFrame) -> DataFrame:
    """The bounds of one name for their chart."""
    at = pd.to_datetime(pd.Series(list(of_name["day"]), dtype="object"))
    low = of_name["low"].astype("int64").to_numpy()
    unlimited = of_name["high"].isna().to_numpy()
    high = of_name["high"].fillna(0).astype("int64").to_numpy()
    half = pd.Timedelta(days=0.39)
    rows = DataFrame({"at": at, "from": at - half, "to": at + half, "low": low, "open": unlimited})
    rows["high"] = [least if endless else most for least, most, endless in zip(low, high, unlimited, strict=True)]
    rows["most"] = ["unknown" if endless else f"{most:,}" for most, endless in zip(high, unlimited, strict=True)]
    rows["when"] = [f"{day:%A}, {day_text(day)}" for day in of_name["day"]]
    said = zip(rows["when"], rows["low"], rows["most"], strict=True)
    rows["spoken"] = [f"{when}: at least {least:,}, at most {most}" for when, least, most in said]
    return rows


def shares(found: DataFrame) -> DataFrame:
    """The shares that lists leave unexplained, for their chart; lists of which it is not known are left out."""
    known = found.dropna(subset=["low", "high"])
    days = list(known["day"])
    ends = _ends(days)
    rows = DataFrame(
        {
            "from": pd.to_datetime(pd.Series(days, dtype="object")).to_numpy(),
            "to": pd.to_datetime(pd.Series(ends, dtype="object")).to_numpy(),
            "low": known["low"].to_numpy(),
            "high": known["high"].clip(lower=known["low"] + 0.012).to_numpy(),  # so that an exact share is seen too
            "seen": [day_text(day) for day in days],
        }
    )
    said = zip(rows["seen"], rows["low"], rows["high"], strict=True)
    rows["spoken"] = [f"List of {day}: {low:.0%} to {high:.0%} unexplained" for day, low, high in said]
    return rows


def _ends(days: Sequence[date]) -> list[date]:
    """Until when each list stands in a chart: to the next one, the last for a day."""
    afters = [*days[1:], *(day + timedelta(days=1) for day in days[-1:])]
    return [min(after, day + LONGEST_HOLD) for day, after in zip(days, afters, strict=True)]


def _move(now: Any, before: Any) -> str:
    """How a name moved since the list before."""
    if pd.isna(now):
        return "left" if not pd.isna(before) else ""
    if pd.isna(before):
        return "new"
    up = int(before) - int(now)
    return "=" if up == 0 else f"▲ {up}" if up > 0 else f"▼ {-up}"
