"""Periods of time as people name them: their days (UTC), those before and after, what they are compared with. Pure."""

from collections.abc import Sequence
from datetime import date, timedelta

from data.calendar import DAY, monday, months_later
from data.traffic.models import YEAR_DAYS

DEFAULT_RANGE, ALL, CUSTOM = "30 days", "All", "Custom"
ROLLING = {"7 days": 7, "14 days": 14, DEFAULT_RANGE: 30, "90 days": 90, "365 days": 365}  # up to yesterday
CALENDAR = {  # of each its unit, and how many of them ago
    "This week": ("week", 0),
    "Last week": ("week", 1),
    "This month": ("month", 0),
    "Last month": ("month", 1),
    "This quarter": ("quarter", 0),
    "Last quarter": ("quarter", 1),
    "This year": ("year", 0),
    "Last year": ("year", 1),
}
RANGES = (*ROLLING, *CALENDAR, ALL, CUSTOM)
FORMER = {"31 days": 31, "Quarter": 92, "Year": 365}  # in addresses of before; not offered
MONTHS = {"month": 1, "quarter": 3, "year": 12}
BEFORE, YEAR, NOTHING = "Previous period", "Same period last year", "No comparison"
COMPARISONS = (BEFORE, YEAR, NOTHING)
Days = tuple[date, date]  # the first and the last


def days_of(name: str, picked: Sequence[date] | date | None, known: Days) -> Days:
    """The first and the last day of a range; of a custom one, what was picked, though it be one day so far.

    `known` are the first known day and yesterday. A week, month or year that goes on ends with yesterday.
    """
    first, yesterday = known
    if name == CUSTOM and picked:
        days = [picked] if isinstance(picked, date) else list(picked)
        return min(days), max(days)
    if name == ALL:
        return min(first, yesterday), yesterday
    if name in CALENDAR:
        unit, ago = CALENDAR[name]
        return _in_unit(unit, _later(unit, yesterday + DAY, -ago), yesterday)
    days_back = (ROLLING | FORMER).get(name) or ROLLING[DEFAULT_RANGE]
    return yesterday - timedelta(days=days_back - 1), yesterday


def unit_of(name: str, days: Days) -> str | None:
    """The unit of the calendar of a range; of a custom one, that of which these are all days."""
    if name != CUSTOM:
        return CALENDAR[name][0] if name in CALENDAR else None
    first, last = days
    return next((unit for unit in ("week", *MONTHS) if (first, last + DAY) == _bounds(unit, first)), None)


def stepped(unit: str | None, days: Days, steps: int, known: Days) -> tuple[str, Days]:
    """The range so many periods later (before: less than 0), by its name where it has one; none ends after yesterday.

    A period is one of the calendar, or as many days as these are.
    """
    first, last = days
    yesterday = known[1]
    if unit is not None:
        found = _in_unit(unit, _later(unit, first, steps), yesterday)
    else:
        length = last - first + DAY
        last = min(last + steps * length, yesterday)
        found = last - length + DAY, last
    return next(
        (each for each in (CALENDAR if unit else ROLLING) if days_of(each, None, known) == found), CUSTOM
    ), found


def before_days(unit: str | None, compared: str, days: Days) -> int:
    """How many days earlier each day's counterpart lies; 0: there is none.

    A week, month, quarter or year is compared with the first days of the one before, as far as that has so many.
    """
    first, last = days
    if compared == NOTHING:
        return 0
    if compared == YEAR:
        return YEAR_DAYS
    length = (last - first).days + 1
    return length if unit is None else max(length, (first - _later(unit, first, -1)).days)


def _later(unit: str, day: date, steps: int) -> date:
    """The first day of the unit so many after the one of that day."""
    if unit == "week":
        return monday(day) + steps * 7 * DAY
    months = MONTHS[unit]
    return months_later(day, months * steps - (day.month - 1) % months)


def _bounds(unit: str, day: date) -> Days:
    """The first day of the unit of that day, and of the next one."""
    return _later(unit, day, 0), _later(unit, day, 1)


def _in_unit(unit: str, day: date, yesterday: date) -> Days:
    """The days of the unit of that day, up to yesterday; its first one at least."""
    first, following = _bounds(unit, day)
    return first, max(first, min(following - DAY, yesterday))
