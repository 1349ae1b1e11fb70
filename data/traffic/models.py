"""What a reader of the traffic is asked for, and the shapes of its answers. Pure.

SelectionRefused      what is asked for makes no sense: days in the wrong order, a column that cannot be sorted by
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from data.accounts.models import Viewer
from data.calendar import DAY, monday, months_later
from data.refusals import Refused
from data.text import number_text

if TYPE_CHECKING:  # the command line starts in half the time without pyarrow
    import pyarrow as pa

GREATEST_COUNT = 10**12  # no day of a repository has more; sums of such counts fit into 64 bits
ALL_ROWS = 2**31  # the size of a page that has every row: for files, which are not kept in memory
LARGEST_PAGE = 10_000  # rows: no request, however it came in, fills the memory
YEAR_DAYS = 364  # a year before, on the same weekday
LONGEST_BY_DAY, LONGEST_BY_WEEK = 90, 731  # days that are shown by day and by week until something else is chosen
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


class SelectionRefused(Refused):
    """What is asked for makes no sense; the sentence says why."""


class Grain(StrEnum):
    """How long the periods of a series are: a UTC day, a week from Monday, a calendar month."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def first_day(self, day: date) -> date:
        """The first day of the period that a day is in."""
        if self is Grain.MONTH:
            return day.replace(day=1)
        return monday(day) if self is Grain.WEEK else day

    def last_day(self, day: date) -> date:
        if self is Grain.MONTH:
            return months_later(day, 1) - DAY
        return monday(day) + 6 * DAY if self is Grain.WEEK else day


@dataclass(frozen=True, slots=True)
class Selection:
    """Which traffic is asked for: days from first to last, both included, of some repositories.

    `repository_ids` None means every visible one; an id that the viewer may not see is as one that does not exist.
    `search` is a literal part of OWNER/NAME, letter case aside, or, in tables of days and weeks, of a day; '' narrows
    nothing. `today` is the UTC day that decides what is pending. `state` (final, pending, gap) keeps the rows of tables
    on which views or clones have it.
    What is compared is compared with the days `before_days` earlier; None: as many as there are. 0: no comparison
    is shown (rankings by change take those before). Without `imports`, days are as they would be without what other
    tools have reported.
    Hashable, so that it can be part of a cache key.
    Raises: SelectionRefused where first is after last.
    """

    first: date
    last: date
    today: date
    repository_ids: frozenset[int] | None = None
    search: str = ""
    state: str | None = None
    before_days: int | None = None
    imports: bool = True

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise SelectionRefused(f"The first day, {self.first}, is after the last one, {self.last}.")

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def usual_grain(self) -> Grain:
        """By what so many days are shown until something else is chosen."""
        if self.days <= LONGEST_BY_DAY:
            return Grain.DAY
        return Grain.WEEK if self.days <= LONGEST_BY_WEEK else Grain.MONTH

    @property
    def counterpart(self) -> "Selection | None":
        """The days with which these are compared; None: nothing is compared."""
        earlier = timedelta(days=self.days if self.before_days is None else self.before_days)
        return replace(self, first=self.first - earlier, last=self.last - earlier) if earlier else None

    def values(self, viewer: Viewer) -> dict[str, Any]:
        """The days and the repositories of which the viewer may see them, as values of a query."""
        chosen = viewer.repository_ids
        if self.repository_ids is not None:
            chosen = chosen.intersection(viewer.counted_each(self.repository_ids))
        return {"visible": sorted(chosen), "first_day": self.first, "last_day": self.last}

    def values_of_one(self, viewer: Viewer) -> dict[str, Any]:
        """The same for those who ask for one repository: without one that is named and visible there is none."""
        return self.values(viewer) if self.repository_ids else self.values(viewer) | {"visible": []}


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
        if self.page < 1 or self.size < 1 or (self.size > LARGEST_PAGE and self.size != ALL_ROWS):
            raise SelectionRefused(f"Pages count from 1 and have 1 to {number_text(LARGEST_PAGE)} rows.")

    @property
    def skipped(self) -> int:
        """How many rows come before the page."""
        return (self.page - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page:
    """A page's rows, and the number of rows on all pages. A page after the last one is empty."""

    rows: "pa.Table"
    total: int
