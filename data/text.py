"""Words that the command line and the pages share, and the one place that writes numbers and days.

Both are in the notation of whoever reads them; words are English, and so are the names of months. A page says what its
reader's notation is (`written_for`). Everybody else, and everything that is kept or sent, has the plain one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlencode

DAILY_VISITORS = "Daily visitors (sum)"  # a sum of daily uniques is never called visitors
DAILY_CLONERS = "Daily cloners (sum)"
SUM_HELP = "Each day’s unique people added up: someone who visits on three days is counted three times."


@dataclass(frozen=True, slots=True)
class Notation:
    """What stands between thousands and before decimals, and whether a month stands before its day (Nov 14, 2026)."""

    thousands: str = ","
    decimal: str = "."
    month_first: bool = False


PLAIN = Notation()
_of_reader: Callable[[], Notation] = Notation
_here: ContextVar[Notation | None] = ContextVar("notation", default=None)


def written_for(reader: Callable[[], Notation]) -> None:
    """Have all texts of this process written in the notation that `reader` returns whenever one is written."""
    global _of_reader  # noqa: PLW0603 - one process has one way to find its readers
    _of_reader = reader


@contextmanager
def writing(notation: Notation = PLAIN) -> Iterator[None]:
    """Within, texts are for whoever reads this notation; in the plain one for more than one reader."""
    token = _here.set(notation)
    try:
        yield
    finally:
        _here.reset(token)


def notation() -> Notation:
    return _here.get() or _of_reader()


def number_text(number: float, decimals: int = 0) -> str:
    """A number, rounded: 1,204; for who reads German 1.204."""
    return _written([f"{number:,.{decimals}f}"])[0]


def number_texts(numbers: Iterable[float]) -> list[str]:
    """The same of many: to ask for each who reads it would take longer than to write it."""
    return _written([f"{number:,.0f}" for number in numbers])


def _written(texts: list[str]) -> list[str]:
    """Numbers as Python writes them, in the notation of their reader."""
    written = notation()
    if written == PLAIN:
        return texts
    signs = {ord(","): written.thousands, ord("."): written.decimal}
    return [text.translate(signs) for text in texts]


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 repository, 1,200 repositories, 2 days."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and not noun.endswith("ay") else f"{noun}s"
    return f"{number_text(number)} {noun if number == 1 else plural}"


def others_text(number: int) -> str:
    """What the repositories are called that have no series or row of their own."""
    return f"{number_text(number)} other repositories" if number > 1 else "1 other repository"


def one_or_counted(names: Sequence[str], noun: str) -> str:
    """The only name, else how many there are."""
    return names[0] if len(names) == 1 else counted(len(names), noun)


def ended(text: str) -> str:
    """A text that another sentence may follow; one that ends with a command has no full stop of its own."""
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def json_value(value: object) -> str:
    """A value that JSON has no form for, for programs: a day or moment as ISO 8601 has it."""
    return value.isoformat() if isinstance(value, date) else str(value)


def day_text(day: date) -> str:
    """A day, or the UTC day of a moment: 3 Mar 2026, Mar 3, 2026."""
    return f"{short_day_text(day)}{',' if notation().month_first else ''} {day.year}"


def short_day_text(day: date) -> str:
    """A day whose year is plain: 3 Mar, Mar 3."""
    return f"{day:%b} {day.day}" if notation().month_first else f"{day.day} {day:%b}"


def weekday_text(day: date) -> str:
    """A day with its weekday: Tuesday, 3 Mar 2026."""
    return f"{day:%A}, {day_text(day)}"


def days_text(first: date, last: date, *, year: bool = True) -> str:
    """From a day to another: 30 Nov to 6 Dec 2026; 16 to 22 Nov 2026; without the year 16 to 22 Nov, Nov 16 to 22."""
    if first == last:
        return day_text(first) if year else short_day_text(first)
    if first.year != last.year:
        return f"{day_text(first)} to {day_text(last)}"
    begin, end = short_day_text(first), short_day_text(last)
    if first.month == last.month:
        begin, end = (begin, str(last.day)) if notation().month_first else (str(first.day), end)
    closing = f"{',' if notation().month_first else ''} {last.year}" if year else ""
    return f"{begin} to {end}{closing}"


def repository_path(name: str, days: tuple[date, date] | None = None) -> str:
    """The page of a repository, with the first and last day that it is to show (None: its usual ones)."""
    shown = f"&{urlencode([('range', 'Custom'), *(('dates', str(day)) for day in days)])}" if days else ""
    return f"repository?of={quote(name, safe='/')}{shown}"
