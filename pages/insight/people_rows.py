"""The true numbers of people beside the sums of daily ones, with the difference in words. Pure."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from pandas import DataFrame

from data.store.arrow import arrow_table
from pages.ui.tables import day_text

WORDS = {  # of a metric: many, one, the column and the name of the sum
    "views": ("visitors", "visitor", "visitor_days", "Visitor-days"),
    "clones": ("cloners", "cloner", "cloner_days", "Cloner-days"),
}
WEEK_COLUMNS = ("week", "view_uniques", "visitor_days", "clone_uniques", "cloner_days")


@dataclass(frozen=True, slots=True)
class People:
    """Cards (a name and a number, None: unknown), the sentence about their difference, and the weeks (Arrow)."""

    cards: tuple[tuple[str, int | None], ...]
    sentence: str
    weeks: Any
    week_count: int


def people(windows: DataFrame, weeks: DataFrame) -> People:
    """Arrange the rows of repository.true_uniques and true_weeks."""
    cards: list[tuple[str, int | None]] = []
    said = []
    for row in windows.to_dict("records"):
        many, _, column, summed = WORDS[row["metric"]]
        days = None if pd.isna(row[column]) else int(row[column])
        cards += [(f"Unique {many}", int(row["uniques"])), (summed, days)]
        said.append(_difference(row, days))
    return People(tuple(cards), " ".join(said), arrow_table(weeks[list(WEEK_COLUMNS)]), len(weeks))


def _difference(row: dict[str, Any], days: int | None) -> str:
    many, one, _, _ = WORDS[row["metric"]]
    span = f"from {day_text(row['first_day'])} to {day_text(row['last_day'])}"
    if not row["uniques"]:
        return f"GitHub counted no {many} {span}."
    counted = f"GitHub counted {row['uniques']:,} {one if row['uniques'] == 1 else many} {span}, each once."
    if days is None:
        return counted
    return (
        f"{counted} Their days add up to {days:,}, since who came on several days counts on each: a {one} came on "
        f"{days / row['uniques']:.1f} days."
    )
