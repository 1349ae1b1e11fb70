"""Days and weeks as GitHub counts them (UTC), and which days an answer says something about. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

WINDOW_DAYS = 14  # GitHub: "the last 14 days"
SETTLED_AFTER_DAYS = 3  # the latest first sighting of a day since December 2025 was 60 h after its start
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days from first to last, both included."""

    first: date
    last: date

    def days(self) -> list[date]:
        """Every day of the range, oldest first."""
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]


def utc_now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def stored(moment: datetime) -> datetime:
    """An aware moment as the store keeps it: UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def aware(moment: datetime) -> datetime:
    """A moment read from the store (UTC without a zone), made aware."""
    return moment.replace(tzinfo=UTC)


def utc_day(moment: datetime) -> date:
    """The UTC day that an aware moment falls on."""
    return moment.astimezone(UTC).date()


def parsed_day(text: object) -> date | None:
    """The day that a text names (2026-11-14); None where it names none."""
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def monday(day: date) -> date:
    """The Monday of the day's week: GitHub's weeks begin on Monday, 00:00 UTC."""
    return day - timedelta(days=day.weekday())


def months_later(day: date, months: int) -> date:
    """The first of the month that begins so many months after the day's; less than 0: before it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def months_between(first: date, last: date) -> int:
    """How many months the month of `last` begins after that of `first`."""
    return (last.year - first.year) * 12 + last.month - first.month


def stray_days(days: Iterable[date], as_of: date) -> list[date]:
    """The days that no window of the day `as_of` has: before 14 days ago, or not begun yet. A dense answer has none."""
    rows = sorted(set(days))
    return [] if _is_dense(rows) else [day for day in rows if not as_of - DAY * WINDOW_DAYS <= day <= as_of]


def covered_days(days: Iterable[date], as_of: date) -> DayRange:
    """The days that an answer of the day `as_of`, with rows for `days`, counts.

    A dense answer (14 rows, none missing in between) covers its rows. Any other, the empty one
    included, covers what surely lay inside its window and was surely published: from 13 days
    to 3 days before `as_of`, and from its first to its last row. The day of the answer itself
    is still running and never covered. Neither is a row of 14 days ago beside one of today: GitHub's
    older window rolled by the hour and cut that row off. A stray row says nothing about the days beside it.
    """
    rows = sorted(set(days))
    if _is_dense(rows):
        return DayRange(rows[0], min(rows[-1], as_of - DAY))
    rows = [day for day in rows if as_of - DAY * WINDOW_DAYS <= day <= as_of]
    first, last = as_of - DAY * (WINDOW_DAYS - 1), as_of - DAY * SETTLED_AFTER_DAYS
    if rows and rows[-1] < as_of:
        first = min(first, rows[0])
    if rows:
        last = max(last, min(rows[-1], as_of - DAY))
    return DayRange(first, last)


def _is_dense(rows: list[date]) -> bool:
    """Whether distinct days in order are those of a full window, none missing in between."""
    return len(rows) == WINDOW_DAYS and rows[-1] - rows[0] == DAY * (WINDOW_DAYS - 1)


def newest_settled_week(as_of: date) -> date:
    """The newest Monday whose whole week is published for good on `as_of`."""
    return monday(as_of - DAY * (SETTLED_AFTER_DAYS + 6))


def is_whole_week(week: date, as_of: date) -> bool:
    """Whether all seven days of `week` (a Monday) are surely inside and settled in an answer of `as_of`."""
    return as_of - DAY * (WINDOW_DAYS - 1) <= week and week + DAY * 6 <= as_of - DAY * SETTLED_AFTER_DAYS
