"""The overview in words: its table of repositories, what has changed, the spikes. Pure.

Tables and sentences are HTML, and whatever comes from outside is escaped in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

from pandas import DataFrame

from data.insight.overview import Mover
from data.insight.text import change, of_ratio
from data.store.arrow import plain_values
from data.text import DAILY_VISITORS, number_text
from data.traffic.traffic import LEAST_SHARE
from pages.ui import tables
from pages.ui.text import repository_link

RANKS = {  # what the table may be ordered by, the greatest first, beside the name
    "Views": "views",
    "Change": "change",
    DAILY_VISITORS: "visitor_days",
    "Clones": "clones",
    "Stars": "stars",
}
COUNTS = ("views", "visitor_days", "clones", "stars")
Days = tuple[date, date]  # the first and the last
METRICS = {"views": "Views", "clones": "Clones", "stars": "Stars"}


@dataclass(frozen=True, slots=True)
class TableRequest:
    """Which rows of the table are wanted: those whose name contains the search, in which order, which page of them."""

    search: str
    ranked: str
    page: int = 1
    size: int = 20


def page(sums: DataFrame, request: TableRequest) -> tuple[list[dict[str, Any]], int]:
    """The repositories of repository_sums, which are by name, that are wanted: the id, the counts and how many times
    the views of before they are (`change`); and how many all pages have.
    """
    columns = {name: plain_values(sums[name]) for name in ("repository_id", *COUNTS)} | {"change": changes(sums)}
    wanted = tables.searched(plain_values(sums["full_name"]), request.search)
    if request.ranked != "Name":
        wanted = tables.ordered(wanted, columns[RANKS.get(request.ranked, "views")], descending=True)
    shown = wanted[(request.page - 1) * request.size : request.page * request.size]
    return [{name: column[place] for name, column in columns.items()} for place in shown], len(wanted)


def changes(sums: DataFrame) -> list[float | None]:
    """How many times the views of before they are; unknown where less than half of the days can be compared."""
    columns = (plain_values(sums[name]) for name in ("views_compared", "views_before", "views_days", "final_days"))
    return [
        now / before if before and days >= LEAST_SHARE * final_days else None
        for now, before, days, final_days in zip(*columns, strict=True)
    ]


def row(
    counts: Mapping[str, Any], names: Mapping[int, str], days: Days, lines: Mapping[int, Sequence[float]]
) -> dict[str, Any]:
    """A row of the table. `names` are those under which each repository is known to its page, which is to show these
    days; `lines` their sparklines.
    """
    key, ratio = counts["repository_id"], counts["change"]
    return {
        "link": repository_link(names.get(key, ""), days),
        "views": counts["views"],
        "change": None if ratio is None else of_ratio(ratio),
        "sparkline": lines.get(key),
        "visitor_days": counts["visitor_days"],
        "clones": counts["clones"],
        "stars": counts["stars"],
    }


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
