"""Days and counts as other tools and people write them. Pure.

What cannot be read is a BadValue in the place of the value, so that a column can be read as a whole.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from data.traffic.models import GREATEST_COUNT

MOST_KEPT = 200_000  # distinct texts of a column that are cached
NOTHING = {"", "-", "–", "nan", "na", "n/a", "null", "none", "nil"}
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)")
_NO_YEAR = re.compile(r"(\d{1,2})/(\d{1,2})")
_OFFSET = re.compile(r"[+-]\d\d:?\d\d$")
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,'’ ])\d{3})(?:\1\d{3})*")
_NO_PART = re.compile(r"[.,]0+$")


@dataclass(frozen=True, slots=True)
class BadValue:
    reason: str


Reader = Callable[[str], object]


class Memo(dict[str | None, object]):
    """What each distinct text of a column means, read once: days and counts come again and again."""

    def __init__(self, read: Reader) -> None:
        super().__init__({None: None})
        self._read = read

    def __missing__(self, text: str | None) -> object:
        if len(self) > MOST_KEPT:
            self.clear()
            self[None] = None
        try:
            value = None if text is None or text.strip().casefold() in NOTHING else self._read(text.strip())
        except (ValueError, OverflowError) as reason:
            value = BadValue(str(reason))
        self[text] = value
        return value


@dataclass(slots=True)
class Days:
    """Reads days. Those without a year get `year`, and the next one each time that December is over.

    With slashes the month comes first, unless a day of the file shows the other order.
    """

    year: int | None = None
    day_first: bool = False
    _last_month: int = 0

    def know_order(self, texts: Iterable[str | None]) -> bool:
        """Find out in which order days with slashes are written. Whether it is sure, or does not matter."""
        months = [(int(match[1]), int(match[2])) for text in texts if text and (match := _SLASHES.match(text.strip()))]
        self.day_first = any(first > 12 for first, _ in months)
        return self.day_first or not months or any(second > 12 for _, second in months)

    def read(self, text: str) -> date:
        if match := _YEAR_FIRST.match(text) or _COMPACT.fullmatch(text):
            if _OFFSET.search(text) and not text.endswith(("+00:00", "+0000", "-00:00")) and len(text) > 15:
                return datetime.fromisoformat(text).astimezone(UTC).date()
            return _day(text, *match.groups())
        if match := _DOTS.match(text):
            return _day(text, match[3], match[2], match[1])
        if match := _SLASHES.match(text):
            return _day(text, match[3], *((match[2], match[1]) if self.day_first else (match[1], match[2])))
        if match := _NO_YEAR.fullmatch(text):
            return self._without_year(text, match[1], match[2])
        raise ValueError(f"{text[:40]!r} is not a day")

    def _without_year(self, text: str, month: str, day: str) -> date:
        if self.year is None:
            raise ValueError(f"{text!r} has no year")
        if int(month) < self._last_month - 6:
            self.year += 1
        self._last_month = int(month)
        return _day(text, str(self.year), month, day)


def lacks_year(text: str | None) -> bool:
    return text is not None and _NO_YEAR.fullmatch(text.strip()) is not None


def is_day(text: str | None) -> bool:
    """Whether a text can only be a day: with its separators, with a year or without."""
    kinds = (_YEAR_FIRST, _DOTS, _SLASHES, _NO_YEAR)
    return text is not None and any(kind.match(text.strip()) for kind in kinds)


def count(text: str) -> int:
    """A whole number, with or without separators of thousands: 1234, 1,234, 1.234, 12.0. Raises ValueError."""
    plain = text.replace("\u00a0", " ").replace("\u202f", " ")
    if plain.startswith("-"):
        raise ValueError(f"{text[:40]} is less than 0")
    if not plain.isascii() or not plain.isdigit():
        plain = plain if _THOUSANDS.fullmatch(plain) else _NO_PART.sub("", plain)
        plain = re.sub(r"[.,'’ ]", "", plain) if _THOUSANDS.fullmatch(plain) else plain
    if not plain.isascii() or not plain.isdigit():
        raise ValueError(f"{text[:40]!r} is not a whole number")
    number = int(plain[:20])
    if number > GREATEST_COUNT:
        raise ValueError(f"{text[:40]} is more than can be")
    return number


def _day(text: str, year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a day of the calendar") from None
