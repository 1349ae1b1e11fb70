"""Arranges what the overview shows: the table of repositories, page by page, and what needs attention. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from urllib.parse import quote, urlencode

import pandas as pd
from pandas import DataFrame

from data.insight.overview import Mover
from data.repositories.health import StaleEndpoint
from data.traffic.traffic import LEAST_SHARE, Total
from pages.ui import changes as words
from pages.ui.repository_status import ON_HOLD

RANKS = {  # what the table may be ordered by: its column, and whether the least comes first
    "Views": ("views", False),
    "Change": ("change", False),
    "Visitor-days": ("visitor_days", False),
    "Clones": ("clones", False),
    "Stars": ("stars", False),
    "Name": ("sort_name", True),
}
LINK = "/repository?of="  # the page of a repository; the rest is its name
NAME_IN_LINK = r"of=([^&]*)"
SHOWN = ("link", "views", "change", "sparkline", "visitor_days", "clones", "stars")
LEFT = "text-align:left;padding:.35em .6em;border-bottom:1px solid rgba(128,128,128,.3)"
RIGHT = f"{LEFT.replace('left', 'right', 1)};white-space:nowrap"
LEFT_ALIGNED = 2  # columns, before those of numbers
Days = tuple[date, date]  # the first and the last
METRICS = {"views": "Views", "clones": "Clones", "stars": "Stars"}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which rows of the table are wanted: those whose name contains the search, in which order, which page of them."""

    search: str
    ranked: str
    page: int = 1
    size: int = 20


@dataclass(frozen=True, slots=True)
class Attention:
    """The repositories that need somebody, the most urgent first, each with the reason and the next step; what else is
    asked of GitHub in vain; how many repositories are followed, and when one was collected last.
    """

    urgent: tuple[tuple[str, str], ...]
    stale: tuple[StaleEndpoint, ...]
    followed: int
    collected_at: datetime | None


def page(rows: DataFrame, names: Mapping[int, str], wish: Wish, days: Days) -> tuple[DataFrame, int]:
    """The rows of overview.repositories that are wanted, as the table shows them, and how many all pages have.

    `names` are those under which each repository is known to its page, which is to show these days.
    """
    found = rows.assign(sort_name=rows["full_name"].str.lower(), change=changes(rows))
    for word in wish.search.lower().split():
        found = found[found["sort_name"].str.contains(word, regex=False)]
    column, ascending = RANKS.get(wish.ranked, RANKS["Views"])
    ordered = found.sort_values([column, "sort_name"], ascending=[ascending, True], na_position="last")
    shown = ordered.iloc[(wish.page - 1) * wish.size : wish.page * wish.size].reset_index(drop=True)
    shown["link"] = [link(names.get(int(key), ""), days) for key in shown["repository_id"]]
    shown["change"] = [None if pd.isna(each) else words.of_ratio(each) for each in shown["change"]]
    lines = [None if line is None or line is pd.NA else list(line) for line in shown["sparkline"]]
    shown["sparkline"] = pd.Series(lines, index=shown.index, dtype="object")
    return shown[list(SHOWN)], len(ordered)


def link(name: str, days: Days | None = None) -> str:
    """The address of a repository's page, with the days that it is to show (None: its usual ones)."""
    shown = f"&{urlencode([('range', 'Custom'), *(('dates', str(day)) for day in days)])}" if days else ""
    return f"{LINK}{quote(name, safe='/')}{shown}"


def changes(rows: DataFrame) -> "pd.Series[float]":
    """How many times the views of before they are; unknown where less than half of the days can be compared."""
    before, days = rows["views_before"], rows["final_days"]
    usable = (before > 0).fillna(False) & (rows["views_days"] >= LEAST_SHARE * days)
    return (rows["views_compared"] / before.where(before > 0)).where(usable).astype("float64")


def change(total: Total) -> str | None:
    """By how much a total has changed; None where there is nothing to compare with."""
    return words.change(total.compared, total.before)


def moved_table(moved: Sequence[Mover], names: Mapping[int, str], days: Days) -> str:
    """Movers as an HTML table: repository, what, change, now, before, days. Names are escaped; they lead to these days
    of the repository.
    """
    heads = "".join(
        f'<th scope="col" style="{LEFT if place < LEFT_ALIGNED else RIGHT}">{head}</th>'
        for place, head in enumerate(("Repository", "What", "Change", "Now", "Before", "Days compared"))
    )
    rows = [_moved_row(each, names.get(each.repository_id, each.full_name), days) for each in moved]
    table = f'<table style="border-collapse:collapse;width:100%"><tr>{heads}</tr>{"".join(rows)}</table>'
    return f'<div style="overflow-x:auto;font-size:.9rem">{table}</div>'


def _moved_row(mover: Mover, name: str, days: Days) -> str:
    address = escape(link(name, days).removeprefix("/"))  # beside the overview, wherever the app is
    texts = (f'<a href="{address}" style="color:inherit">{escape(name)}</a>', METRICS[mover.metric])
    numbers = (_moved(mover), f"{mover.now:,}", f"{mover.before:,}", f"{mover.days:,}")
    cells = [f'<td style="{LEFT}">{text}</td>' for text in texts]
    cells += [f'<td style="{RIGHT}">{text}</td>' for text in numbers]
    return f"<tr>{''.join(cells)}</tr>"


def _moved(mover: Mover) -> str:
    arrow = "▲" if mover.change > 0 else "▼"
    return f"{arrow} {words.change(mover.now, mover.before) or 'from nothing'}"


def attention(rows: DataFrame, stale: Sequence[StaleEndpoint]) -> Attention:
    """What the rows of pages.ui.repository_status say of the repositories."""
    urgent = rows[rows["urgent"].astype(bool)].sort_values("days_until_loss", na_position="first")
    moments = rows["last_collected_at"].dropna()
    return Attention(
        tuple((str(name), str(text)) for name, text in urgent[["full_name", "note"]].itertuples(index=False)),
        tuple(stale),
        int((~rows["state"].isin([str(state) for state in ON_HOLD])).sum()),
        pd.Timestamp(moments.max()).to_pydatetime() if len(moments) else None,
    )
