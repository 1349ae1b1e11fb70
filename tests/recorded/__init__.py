"""Traffic that GitHub reported of five repositories: README.md names sources and licences."""

import gzip
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

NAMES = (
    "Pythagora-io/pythagora",
    "awslabs/aws-security-analytics-bootstrap",
    "icesat2py/icepyx",
    "debevv/nanoMODBUS",
    "NCAR/i-wrf",
)
WITH_ANSWERS = NAMES[:2]
"""Of these every single answer was recorded, of the others the final days."""

Reading = tuple[int, int]
"""Count and uniques."""
Listing = tuple[datetime, list[tuple[str, int, int]]]
"""When a top-10 list was fetched, and name, count and uniques of its entries."""


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """The bodies of views and clones as GitHub gave them, but for the uniques of the whole window."""

    fetched_at: datetime
    views: dict[str, Any]
    clones: dict[str, Any]


@cache
def recorded_answers(name: str) -> tuple[RecordedAnswer, ...]:
    """All answers, oldest first, of a name in WITH_ANSWERS."""
    first = _first_day(name)
    return tuple(
        RecordedAnswer(datetime.fromisoformat(moment), _body("views", first, rows), _body("clones", first, rows))
        for moment, rows in _recorded()[name]["answers"]
    )


def recorded_series(name: str, metric: str) -> dict[date, Reading]:
    """The greatest reading of each day with traffic, oldest first."""
    first, recorded = _first_day(name), _recorded()[name]
    if "answers" in recorded:
        at = 1 if metric == "views" else 3
        rows = [(row[0], row[at], row[at + 1]) for _, answer in recorded["answers"] for row in answer]
    else:
        rows = recorded[metric]
    series: dict[date, Reading] = {}
    for number, count, uniques in rows:
        if count:
            day = first + timedelta(days=number)
            series[day] = max(series.get(day, (0, 0)), (count, uniques))
    return series


def recorded_lists(name: str, listing: str) -> list[Listing] | None:
    """The top-10 lists of `referrers` or `paths`, oldest first; None where they were not recorded."""
    recorded = _recorded()[name].get(listing)
    if recorded is None:
        return None
    names = recorded["names"]
    return [
        (datetime.fromisoformat(moment), [(names[number], count, uniques) for number, count, uniques in entries])
        for moment, entries in recorded["lists"]
    ]


def _body(metric: str, first: date, rows: list[list[int | None]]) -> dict[str, Any]:
    at = 1 if metric == "views" else 3
    days = [
        {"timestamp": f"{first + timedelta(days=row[0] or 0)}T00:00:00Z", "count": row[at], "uniques": row[at + 1]}
        for row in rows
        if row[at] is not None
    ]
    return {"count": sum(row[at] or 0 for row in rows), metric: days}


def _first_day(name: str) -> date:
    return date.fromisoformat(_recorded()[name]["first_day"])


@cache
def _recorded() -> dict[str, Any]:
    packed = Path(__file__).with_name("recorded.json.gz").read_bytes()
    recorded: dict[str, Any] = json.loads(gzip.decompress(packed))
    return recorded
