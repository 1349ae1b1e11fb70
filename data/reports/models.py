"""What a report is of and what it holds. Pure.

ReportRefused      there is no such period, or it is not over
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from data.calendar import DAY, monday, months_later
from data.collection.health import Finding
from data.insight.spike_causes import Spike
from data.refusals import Refused
from data.text import days_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import Totals

FIRST_YEAR = 2008  # of GitHub
_WEEK, _MONTH = re.compile(r"(\d{4})-?[Ww](\d{1,2})"), re.compile(r"(\d{4})-(\d{1,2})")


class ReportRefused(Refused):
    """What is asked for is no report; the sentence says why."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A week from Monday or a calendar month, UTC: 2026-W47, 2026-10."""

    grain: Grain
    first: date

    @property
    def last(self) -> date:
        return self.grain.last_day(self.first)

    @property
    def name(self) -> str:
        return f"{self.first:%G-W%V}" if self.grain is Grain.WEEK else f"{self.first:%Y-%m}"

    @property
    def text(self) -> str:
        """The week or month in words: 16 to 22 Nov 2026, October 2026."""
        if self.grain is Grain.MONTH:
            return f"{self.first:%B %Y}"
        return days_text(self.first, self.last)

    def selection(self, today: date) -> Selection:
        """The days, and those that they are compared with, as on the pages: from the first of the week or month before,
        or where that is shorter, as many days before these.
        """
        earlier = (self.first - self.grain.first_day(self.first - DAY)).days
        before_days = max((self.last - self.first).days + 1, earlier)
        return Selection(self.first, self.last, today, before_days=before_days)


def newest_period(grain: Grain, today: date) -> Period:
    """The newest week or month that is over."""
    if grain is Grain.MONTH:
        return Period(grain, months_later(today, -1))
    return Period(grain, date.fromordinal(monday(today).toordinal() - 7))


def period_named(name: str, today: date) -> Period:
    """The week or month of a name like 2026-W47 or 2026-10. Raises: ReportRefused, also where it is not over yet."""
    try:
        if week := _WEEK.fullmatch(name.strip()):
            period = Period(Grain.WEEK, date.fromisocalendar(int(week[1]), int(week[2]), 1))
        elif month := _MONTH.fullmatch(name.strip()):
            period = Period(Grain.MONTH, date(int(month[1]), int(month[2]), 1))
        else:
            raise ValueError(name)
        if period.first.year < FIRST_YEAR:
            raise ValueError(name)
        is_over = period.last < today
    except (ValueError, OverflowError) as error:
        raise ReportRefused(f"{name!r} is no week or month. A week is 2026-W47, a month is 2026-10.") from error
    if not is_over:
        raise ReportRefused(f"{period.name} is not over yet. The newest is {newest_period(period.grain, today).name}.")
    return period


@dataclass(frozen=True, slots=True)
class RankedRepository:
    """A place of the top list. Visitors and cloners are GitHub's own of the week (`_kind` week), else daily ones added
    up (sum_of_days); None: no final day is known. `is_whole`: all its days are final.
    """

    rank: int
    repository_id: int
    full_name: str
    views: int | None
    visitors: int | None
    visitors_kind: str
    clones: int | None
    cloners: int | None
    cloners_kind: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class NewReferrer:
    """A referrer that a repository's lists had for the first time; the counts are of the 14 days before a list."""

    repository_id: int
    full_name: str
    referrer: str
    first_seen: date
    views: int
    view_uniques: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """A round number of stars, and the day on which it was reached."""

    repository_id: int
    full_name: str
    stars: int
    day: date


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A day of the period that some repositories have pending (`waits`: of those, collected ones), or as a gap."""

    day: date
    pending: int
    gaps: int
    waits: int


@dataclass(frozen=True, slots=True)
class Report:
    """A week or month as somebody may see it; numbers are of final days only.

    `repositories` counts the tracked ones, `listed` those in the whole top list. The `more_...` say how many there are
    beside those that are here.
    """

    period: Period
    subject: str
    made_at: datetime
    repositories: int
    totals: Totals
    top: tuple[RankedRepository, ...]
    listed: int
    spikes: tuple[Spike, ...]
    more_spikes: int
    referrers: tuple[NewReferrer, ...]
    more_referrers: int
    milestones: tuple[Milestone, ...]
    more_milestones: int
    attention: tuple[Finding, ...]
    more_attention: int
    open_days: tuple[OpenDay, ...]

    @property
    def pending_days(self) -> tuple[OpenDay, ...]:
        return tuple(each for each in self.open_days if each.pending)

    @property
    def gap_days(self) -> int:
        """Days of repositories that nobody knows."""
        return sum(each.gaps for each in self.open_days)
