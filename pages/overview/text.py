"""The overview in words: its table of repositories, what has changed, the spikes. Pure.

Tables and sentences are HTML, and whatever comes from outside is escaped in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

import pandas as pd
from pandas import DataFrame

from data.insight.overview import Mover
from data.insight.text import change, of_ratio
from data.text import DAILY_VISITORS, number_text
from data.traffic.traffic import LEAST_SHARE
from pages.ui.text import repository_link

RANKS = {  # what the table may be ordered by: its column, and whether the least comes first
    "Views": ("views", False),
    "Change": ("change", False),
    DAILY_VISITORS: ("visitor_days", False),
    "Clones": ("clones", False),
    "Stars": ("stars", False),
    "Name": ("sort_name", True),
}
SHOWN = ("link", "views", "change", "sparkline", "visitor_days", "clones", "stars")
Days = tuple[date, date]  # the first and the last
METRICS = {"views": "Views", "clones": "Clones", "stars": "Stars"}


@dataclass(frozen=True, slots=True)
class TableRequest:
    """Which rows of the table are wanted: those whose name contains the search, in which order, which page of them."""

    search: str
    ranked: str
    page: int = 1
    size: int = 20


def page(rows: DataFrame, names: Mapping[int, str], request: TableRequest, days: Days) -> tuple[DataFrame, int]:
    """The rows of repository_sums that are wanted, as the table shows them, and how many all pages have.

    `names` are those under which each repository is known to its page, which is to show these days.
    """
    found = rows.assign(sort_name=rows["full_name"].str.lower(), change=changes(rows))
    for word in request.search.lower().split():
        found = found[found["sort_name"].str.contains(word, regex=False)]
    column, ascending = RANKS.get(request.ranked, RANKS["Views"])
    ordered = found.sort_values([column, "sort_name"], ascending=[ascending, True], na_position="last")
    shown = ordered.iloc[(request.page - 1) * request.size : request.page * request.size].reset_index(drop=True)
    shown["link"] = [repository_link(names.get(int(key), ""), days) for key in shown["repository_id"]]
    shown["change"] = [None if pd.isna(each) else of_ratio(each) for each in shown["change"]]
    return shown, len(ordered)


def changes(rows: DataFrame) -> "pd.Series[float]":
    """How many times the views of before they are; unknown where less than half of the days can be compared."""
    before, days = rows["views_before"], rows["final_days"]
    usable = (before > 0).fillna(False) & (rows["views_days"] >= LEAST_SHARE * days)
    return (rows["views_compared"] / before.where(before > 0)).where(usable).astype("float64")


def moved_table(moved: Sequence[Mover], names: Mapping[int, str], days: Days) -> str:
    """Movers as an HTML table: repository, what, difference, change, now, before, days. Names are escaped; they lead to
    these days of the repository.
    """
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Difference", "Change", "Now", "Before", "Final days"))
    head = f'<tr><th scope="col">Repository</th><th scope="col" class="words">Metric</th>{heads}</tr>'
    rows = "".join(_moved_row(each, names.get(each.repository_id, each.full_name), days) for each in moved)
    return f'<div class="report-table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _moved_row(mover: Mover, name: str, days: Days) -> str:
    address = escape(repository_link(name, days))
    before = "unknown" if mover.before is None else number_text(mover.before)
    percent = "newly tracked" if mover.before is None else change(mover.now, mover.before) or "new"
    numbers = (_difference(mover), percent, number_text(mover.now), before, number_text(mover.days))
    name_cell = (
        f'<th scope="row"><a href="{address}">{escape(name)}</a></th><td class="words">{METRICS[mover.metric]}</td>'
    )
    return f"<tr>{name_cell}{''.join(f'<td>{each}</td>' for each in numbers)}</tr>"


def _difference(mover: Mover) -> str:
    sign = "▲ +" if mover.change > 0 else "▼ -"
    return f"{sign}{number_text(abs(mover.change))}"
