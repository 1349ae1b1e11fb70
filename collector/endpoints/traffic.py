"""Views and clones of the last 14 days, by day.

Source: https://docs.github.com/en/rest/metrics/traffic (/traffic/views, /traffic/clones).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from collector.client import Response
from collector.endpoints.endpoint import Endpoint, Phase
from collector.endpoints.fields import (
    GREATEST_COUNT,
    FieldRefused,
    Parsed,
    Warnings,
    attempt,
    count_field,
    json_list,
    json_object,
    mapping,
    moment_field,
    optional_count,
)
from collector.errors import AnswerRefused
from data.calendar import DAY, WINDOW_DAYS, DayRange, covered_days, stored, stray_days, utc_day
from data.collection.incoming import Row
from data.collection.ledger import DAILY_TRAFFIC
from data.collection.models import CollectableRepository
from data.traffic.models import Metric

OLDEST_ROW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class DayReading:
    """A day's count (requests) and uniques as one answer gave them."""

    day: date
    count: int
    uniques: int


@dataclass(frozen=True, slots=True)
class TrafficWindow:
    """What a good answer covers, with its total count and the true uniques of its 14 days (None: not told)."""

    first_day: date
    last_day: date
    total: int
    uniques: int | None


@dataclass(frozen=True, slots=True)
class TrafficObservation:
    """One answer of views or clones: its readings, inferred zeros included, and its window.

    The window is None where so many rows were refused that the answer covers no finished day.
    """

    metric: Metric
    days: tuple[DayReading, ...]
    window: TrafficWindow | None

    save = DAILY_TRAFFIC

    def rows(self, repository_id: int, observed_at: datetime) -> Iterator[tuple[str, Row]]:
        at, metric, window = stored(observed_at), self.metric.value, self.window
        for reading in self.days:
            yield "incoming_day", (repository_id, reading.day, metric, at, reading.count, reading.uniques)
        if window is not None:
            row = (repository_id, metric, at, window.first_day, window.last_day, window.total, window.uniques)
            yield "incoming_window", row


@dataclass(frozen=True)
class DailyTraffic(Endpoint):
    """Views or clones by day, asked in every run."""

    metric: Metric = Metric.VIEWS

    def is_due(self, repository: CollectableRepository, now: datetime) -> bool:
        return True

    def parse(self, body: object, as_of: datetime) -> Parsed[TrafficObservation]:
        return parse_traffic(self.metric, body, as_of)

    def says_all(self, response: Response, warnings: tuple[str, ...]) -> bool:
        """True for a dense answer of finished days without an odd row.

        A sparse one covers other days on each day it is given, so it is always asked for in full.
        """
        if warnings or not isinstance(response.body, Mapping):
            return False
        rows = response.body.get(self.metric.value)
        newest = f"{utc_day(response.as_of)}T00:00:00Z"
        return isinstance(rows, list) and len(rows) == WINDOW_DAYS and all(row["timestamp"] < newest for row in rows)


VIEWS = DailyTraffic("views", "/traffic/views", Phase.DAYS, first_look=True, metric=Metric.VIEWS)
CLONES = DailyTraffic("clones", "/traffic/clones", Phase.DAYS, metric=Metric.CLONES)
ENDPOINTS = (VIEWS, CLONES)


def parse_traffic(metric: Metric, body: object, as_of: datetime) -> Parsed[TrafficObservation]:
    """Views or clones by day, with zeros for the days that the answer covers without a row.

    An answer in which something is wrong (a row refused or outside of any window, a total that its rows do not
    add up to) may lack rows: it covers the newest rows that it has, and no zero is inferred.
    Both window forms of GitHub lead to the same days.
    Raises: AnswerRefused where the list is missing or no row of it can be used.
    """
    top, today = json_object(body), utc_day(as_of)
    readings, warnings = day_readings(json_list(top, metric.value), today)
    if warnings.refused and not readings:
        raise AnswerRefused(f"no row of {metric.value} could be used: {warnings.refused[0]}")
    total = sum(reading.count for reading in readings.values())
    if total > GREATEST_COUNT:
        raise AnswerRefused(f"the rows of {metric.value} add up to more than can be")
    stray, complete = stray_days(readings, today), adds_up(top, metric, total, warnings)
    warnings.odd.extend(f"{day} is outside the window of {today}" for day in stray)
    in_doubt = bool(warnings.refused or stray) or not complete
    covered = _newest_run(sorted(readings), today) if in_doubt else covered_days(readings, today)
    window = None
    if covered is not None:
        window = TrafficWindow(covered.first, covered.last, total, optional_count(top, "uniques"))
        for day in covered.days():
            readings.setdefault(day, DayReading(day, 0, 0))
    days = tuple(readings[day] for day in sorted(readings))
    return Parsed(TrafficObservation(metric, days, window), warnings.told())


def day_readings(rows: list[object], today: date) -> tuple[dict[date, DayReading], Warnings]:
    """The greatest reading of each day of the rows."""
    readings: dict[date, DayReading] = {}
    warnings = Warnings()
    for row in rows:
        reading = attempt(partial(_reading, row, today, warnings), warnings)
        if reading is None:
            continue
        former = readings.get(reading.day)
        if former is not None:
            warnings.odd.append(f"{reading.day} was given twice; the greater is kept")
        if former is None or (reading.count, reading.uniques) > (former.count, former.uniques):
            readings[reading.day] = reading
    return readings, warnings


def _reading(given: object, today: date, warnings: Warnings) -> DayReading:
    row = mapping(given)
    moment = moment_field(row, "timestamp")
    day, count, uniques = utc_day(moment), count_field(row, "count"), count_field(row, "uniques")
    if day > today + DAY or day < today - OLDEST_ROW:
        raise FieldRefused(f"{day} is outside any window of {today}")
    if uniques > count:
        raise FieldRefused(f"{day} has more uniques ({uniques}) than requests ({count})")
    if moment.timetz().replace(tzinfo=None).isoformat() != "00:00:00":
        warnings.odd.append(f"{moment.isoformat()} is not midnight UTC; taken as {day}")
    if any(isinstance(row.get(name), str) for name in ("count", "uniques")):
        warnings.odd.append(f"the numbers of {day} came as text")
    return DayReading(day, count, uniques)


def adds_up(top: Mapping[str, object], metric: Metric, total: int, warnings: Warnings) -> bool:
    """Whether the rows add up to what the answer says itself; told where they do not, and no row was refused."""
    told = optional_count(top, "count")
    if told != total and not warnings.refused:
        warnings.odd.append(f"the total of {metric.value} is {told}, its rows add up to {total}")
    return told == total


def _newest_run(days: list[date], today: date) -> DayRange | None:
    """The newest unbroken run of finished days: all that an answer in doubt surely covers."""
    finished = [day for day in days if day < today]
    if not finished:
        return None
    first = last = finished[-1]
    while first - DAY in finished:
        first -= DAY
    return DayRange(first, last)
