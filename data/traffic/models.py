"""What a reader of the traffic is asked for, and the shapes of its answers. Pure.

SelectionRefused      the wish makes no sense: days in the wrong order, a column that cannot be sorted by
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pandas import DataFrame

LARGEST_PAGE = 10_000  # rows: no wish, however it came in, fills the memory
DAILY_SORTS = (
    "day",
    "full_name",
    "views",
    "view_uniques",
    "clones",
    "clone_uniques",
    "views_state",
    "clones_state",
)
WEEKLY_SORTS = ("week", "full_name", "views", "view_uniques", "clones", "clone_uniques", "whole")


class Metric(StrEnum):
    """What GitHub counts a day: views (with unique visitors), clones (with unique cloners)."""

    VIEWS = "views"
    CLONES = "clones"


class SelectionRefused(Exception):
    """What is asked for makes no sense; the sentence says why."""


class Grain(StrEnum):
    """How long the periods of a series are: a UTC day, a week from Monday, a calendar month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which traffic is asked for: days from first to last, both included, of some repositories.

    `repository_ids` None means every visible one; an id that the viewer may not see is as one that does not exist.
    `search` is a literal part of OWNER/NAME, letter case aside; '' narrows nothing. `today` is the UTC day that
    decides what is pending; None means the day of the clock. Hashable, so that it can be part of a cache key.
    Raises: SelectionRefused where first is after last.
    """

    first: date
    last: date
    repository_ids: frozenset[int] | None = None
    search: str = ""
    today: date | None = None

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise SelectionRefused(f"The first day, {self.first}, is after the last one, {self.last}.")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which rows of a table are shown: the page's number (from 1), its size, and the order of all rows.

    `sort_by` is one of DAILY_SORTS or WEEKLY_SORTS; unknown values come last in either direction, and rows of the
    same value by the newest day first, then by name. Raises: SelectionRefused, later where the column is not one.
    """

    sort_by: str
    descending: bool = True
    page: int = 1
    size: int = 50

    def __post_init__(self) -> None:
        if self.page < 1 or not 1 <= self.size <= LARGEST_PAGE:
            raise SelectionRefused(f"Pages count from 1 and have 1 to {LARGEST_PAGE:,} rows.")


@dataclass(frozen=True, slots=True)
class Page:
    """A page's rows, and the number of rows on all pages. A page after the last one is empty."""

    rows: DataFrame
    total: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the final days of a period add up to; and those of them of a repository that were final just as long before
    too, `_compared` now and `_before` then: like with like, so neither a new repository nor a gap is a rise.

    None means that no final day is known; nothing is compared where less than half of the days of views can be.
    `visitor_days` and `cloner_days` add up daily uniques: who came on three days counts thrice.
    `gap_days` and `pending_days` count days of the period, of each repository, on which views or clones are such.
    """

    views: int | None
    clones: int | None
    visitor_days: int | None
    cloner_days: int | None
    views_compared: int | None
    clones_compared: int | None
    visitor_days_compared: int | None
    cloner_days_compared: int | None
    views_before: int | None
    clones_before: int | None
    visitor_days_before: int | None
    cloner_days_before: int | None
    gap_days: int
    pending_days: int
