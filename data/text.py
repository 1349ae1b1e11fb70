"""Words that the command line and the pages share."""

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote, urlencode

DAILY_VISITORS = "Daily visitors (sum)"  # a sum of daily uniques is never called visitors
DAILY_CLONERS = "Daily cloners (sum)"
SUM_HELP = "Each day’s unique people added up: someone who visits on three days is counted three times."


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 repository, 1,200 repositories, 2 days."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and not noun.endswith("ay") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def one_or_counted(names: Sequence[str], noun: str) -> str:
    """The only name, else how many there are."""
    return names[0] if len(names) == 1 else counted(len(names), noun)


def ended(text: str) -> str:
    """A text that another sentence may follow; one that ends with a command has no full stop of its own."""
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def day_text(day: date) -> str:
    """A day, or the UTC day of a moment: 3 Mar 2026."""
    return f"{day.day} {day:%b %Y}"


def short_day_text(day: date) -> str:
    """A day whose year is plain: 3 Mar."""
    return f"{day.day} {day:%b}"


def repository_path(name: str, days: tuple[date, date] | None = None) -> str:
    """The page of a repository, with the first and last day that it is to show (None: its usual ones)."""
    shown = f"&{urlencode([('range', 'Custom'), *(('dates', str(day)) for day in days)])}" if days else ""
    return f"repository?of={quote(name, safe='/')}{shown}"
