"""What GitHub really said to five repositories, from `tests/recorded`: as single answers, and as whole repositories.

Recorded are views, clones, referrers and paths. Not recorded, and made here: ids, page titles (from the paths) and
the uniques of a whole window, which a simulated window works out and a raw answer leaves out.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.simulated_github.repositories import Entry, Reading, Repository, Snapshot

FOLDER = Path(__file__).parents[1] / "recorded"
NAMES = (
    "Pythagora-io--pythagora",
    "awslabs--aws-security-analytics-bootstrap",
    "icesat2py--icepyx",
    "debevv--nanoMODBUS",
    "NCAR--i-wrf",
)
WITH_WINDOWS = NAMES[:2]
METRICS = {"views": "view_uniques", "clones": "clone_uniques"}
FIRST_ID = 990_000_001
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """What was answered at a moment: the bodies of views and clones as GitHub gave them, but for the top `uniques`."""

    fetched_at: datetime
    views: dict[str, Any]
    clones: dict[str, Any]


@cache
def recorded_answers(name: str) -> tuple[RecordedAnswer, ...]:
    """Every answer in order, for the two names in WITH_WINDOWS."""
    return tuple(
        RecordedAnswer(datetime.fromisoformat(moment), _body(rows, "views"), _body(rows, "clones"))
        for moment, rows in ((moment, list(group)) for moment, group in _grouped(name, "windows", "fetched_at"))
    )


def recorded_repository(name: str, moved_by: timedelta = timedelta()) -> Repository:
    """The final series, referrers and paths of a recording, all its days moved by whole days.

    The series holds the greatest reading of each day; lists that were not recorded are made from the views.
    """
    if moved_by % timedelta(days=1):
        raise ValueError("days are moved by whole days")
    owner, repository_name = name.split("--")
    views, clones = recorded_series(name, "views"), recorded_series(name, "clones")
    first = min(views) + moved_by
    return Repository(
        FIRST_ID + NAMES.index(name),
        owner,
        repository_name,
        views={day + moved_by: reading for day, reading in views.items()},
        clones={day + moved_by: reading for day, reading in clones.items()},
        referrers=_snapshots(name, "referrers", moved_by),
        paths=_snapshots(name, "paths", moved_by),
        created_at=datetime.combine(first, time(12), UTC),
        publish_hour=None,
    )


def recorded_series(name: str, metric: str) -> dict[date, Reading]:
    """The greatest reading of each day with traffic, as it was recorded."""
    series: dict[date, Reading] = {}
    if name in WITH_WINDOWS:
        found = ((row["day"], row[metric], row[METRICS[metric]]) for row in _rows(name, "windows"))
    else:
        found = (tuple(row.values())[:3] for row in _rows(name, metric))  # type: ignore[misc]
    for day, count, uniques in found:
        if count and int(count):
            key, reading = date.fromisoformat(day), (int(count), int(uniques))
            series[key] = max(series.get(key, reading), reading)
    return series


def _body(rows: list[Row], metric: str) -> dict[str, Any]:
    found = [
        {"timestamp": f"{row['day']}T00:00:00Z", "count": int(row[metric]), "uniques": int(row[METRICS[metric]])}
        for row in rows
        if row[metric]
    ]
    return {"count": sum(int(str(row["count"])) for row in found), metric: found}


def _snapshots(name: str, listing: str, moved_by: timedelta) -> list[Snapshot] | None:
    if not (FOLDER / name / f"{listing}.csv.gz").exists():
        return None
    moment = "collection_date" if name not in WITH_WINDOWS else "fetched_at"
    return [
        Snapshot(_moment(seen) + moved_by, tuple(_entries(rows, listing)))
        for seen, rows in _grouped(name, listing, moment)
    ]


def _entries(rows: Iterator[Row], listing: str) -> Iterator[Entry]:
    for row in rows:
        count, uniques = (row.get("views") or row.get("count"), row.get("view_uniques") or row.get("uniques"))
        yield Entry(row[listing[:-1]], int(count or 0), int(uniques or 0))


def _moment(text: str) -> datetime:
    """A moment; a mere date is its noon, UTC."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T12:00:00Z")


def _grouped(name: str, table: str, column: str) -> Iterator[tuple[str, Iterator[Row]]]:
    return groupby(_rows(name, table), key=lambda row: row[column])


def _rows(name: str, table: str) -> Iterator[Row]:
    with gzip.open(FOLDER / name / f"{table}.csv.gz", "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)
