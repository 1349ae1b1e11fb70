"""Views and clones: of the last 14 days by day, and by GitHub's own weeks (Monday, UTC) with their true weekly uniques.

Source: https://docs.github.com/en/rest/metrics/traffic (/traffic/views, /traffic/clones, with per=week for weeks).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from collector.endpoints import fields
from collector.endpoints.endpoint import Endpoint, Phase, Query, Request
from collector.errors import AnswerRefused
from collector.replies import Response
from data.calendar import (
    DAY,
    WINDOW_DAYS,
    DayRange,
    covered_days,
    is_whole_week,
    newest_settled_week,
    stored,
    stray_days,
    utc_day,
)
from data.collection.ledger import DAILY_TRAFFIC
from data.collection.models import CollectableRepository, Row, Save
from data.traffic.models import GREATEST_COUNT, Metric

OLDEST_ROW = timedelta(days=30)
WEEKLY_TRAFFIC = Save(
    {
        "incoming_week": (
            "repository_id integer, week date, metric text, observed_on date, count bigint, uniques bigint, "
            "complete boolean"
        )
    },
    ((__name__, "save_weeks"),),
    {"accepted_week": "'weekly_' || metric"},
)


@dataclass(frozen=True, slots=True)
class DayReading:
    day: date
    count: int
    uniques: int


@dataclass(frozen=True, slots=True)
class TrafficWindow:
    """What a good answer covers, with its total count and the true uniques of its 14 days (None: not reported)."""

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
    metric: Metric = Metric.VIEWS

    def is_due(self, repository: CollectableRepository, now: datetime) -> bool:
        return True

    def parse(self, body: object, as_of: datetime) -> fields.Parsed[TrafficObservation]:
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


def parse_traffic(metric: Metric, body: object, as_of: datetime) -> fields.Parsed[TrafficObservation]:
    """Views or clones by day, with zeros for the days that the answer covers without a row.

    An answer in which something is wrong (a row refused or outside of any window, a total that its rows do not
    add up to) may lack rows: it covers the newest rows that it has, and no zero is inferred.
    Both window forms of GitHub lead to the same days.
    Raises: AnswerRefused where the list is missing or no row of it can be used.
    """
    top, today = fields.mapping(body), utc_day(as_of)
    readings, warnings = day_readings(fields.json_list(top, metric.value), today)
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
        window = TrafficWindow(covered.first, covered.last, total, fields.count_or_warning(top, "uniques", warnings))
        for day in covered.days():
            readings.setdefault(day, DayReading(day, 0, 0))
    days = tuple(readings[day] for day in sorted(readings))
    return fields.Parsed(TrafficObservation(metric, days, window), warnings.sentences())


def day_readings(rows: list[object], today: date) -> tuple[dict[date, DayReading], fields.Warnings]:
    """The greatest reading of each day of the rows."""
    readings: dict[date, DayReading] = {}
    warnings = fields.Warnings()
    for row in rows:
        reading = fields.attempt(partial(_reading, row, today, warnings), warnings)
        if reading is None:
            continue
        former = readings.get(reading.day)
        if former is not None:
            warnings.odd.append(f"{reading.day} was given twice; the greater is kept")
        if former is None or (reading.count, reading.uniques) > (former.count, former.uniques):
            readings[reading.day] = reading
    return readings, warnings


def _reading(given: object, today: date, warnings: fields.Warnings) -> DayReading:
    row = fields.mapping(given)
    moment = fields.moment_field(row, "timestamp")
    day, count, uniques = utc_day(moment), fields.count_field(row, "count"), fields.count_field(row, "uniques")
    if not today - OLDEST_ROW <= day <= today:
        raise fields.FieldRefused(f"{day} is outside any window of {today}")
    if uniques > count:
        raise fields.FieldRefused(f"{day} has more uniques ({uniques}) than requests ({count})")
    if moment.timetz().replace(tzinfo=None).isoformat() != "00:00:00":
        warnings.odd.append(f"{moment.isoformat()} is not midnight UTC; taken as {day}")
    if any(isinstance(row.get(name), str) for name in ("count", "uniques")):
        warnings.odd.append(f"the numbers of {day} came as text")
    return DayReading(day, count, uniques)


def adds_up(top: Mapping[str, object], metric: Metric, total: int, warnings: fields.Warnings) -> bool:
    """Whether the rows add up to what the answer says itself; warns where they do not, and no row was refused."""
    given = fields.optional_count(top, "count")
    if given != total and not warnings.refused:
        warnings.odd.append(f"the total of {metric.value} is {given}, its rows add up to {total}")
    return given == total


def _newest_run(days: list[date], today: date) -> DayRange | None:
    """The newest unbroken run of finished days: all that an answer in doubt surely covers."""
    finished = [day for day in days if day < today]
    if not finished:
        return None
    first = last = finished[-1]
    while first - DAY in finished:
        first -= DAY
    return DayRange(first, last)


@dataclass(frozen=True, slots=True)
class WeekReading:
    """A week's count and uniques; `complete` where the whole week was surely inside the answer's window."""

    week: date
    count: int
    uniques: int
    complete: bool


@dataclass(frozen=True, slots=True)
class WeeklyObservation:
    metric: Metric
    weeks: tuple[WeekReading, ...]

    save = WEEKLY_TRAFFIC

    def rows(self, repository_id: int, observed_at: datetime) -> Iterator[tuple[str, Row]]:
        for week in self.weeks:
            reading = (week.count, week.uniques, week.complete)
            yield "incoming_week", (repository_id, week.week, self.metric.value, utc_day(observed_at), *reading)


@dataclass(frozen=True)
class WeeklyTraffic(Endpoint):
    metric: Metric = Metric.VIEWS

    def is_due(self, repository: CollectableRepository, now: datetime) -> bool:
        """Whether the newest settled week is missing. On the two days of a week (Monday, Tuesday) on which the window
        need not hold it any more, it is asked for once.
        """
        today = utc_day(now)
        week, newest = newest_settled_week(today), repository.newest_whole_week.get(self.metric)
        if newest is not None and newest >= week:
            return False
        return is_whole_week(week, today) or super().is_due(repository, now)

    def query(self, request: Request) -> Query:
        return {"per": "week"}

    def parse(self, body: object, as_of: datetime) -> fields.Parsed[WeeklyObservation]:
        return parse_weekly(self.metric, body, as_of)


WEEKLY_VIEWS = WeeklyTraffic("weekly_views", "/traffic/views", Phase.WEEKS, metric=Metric.VIEWS)
WEEKLY_CLONES = WeeklyTraffic("weekly_clones", "/traffic/clones", Phase.WEEKS, metric=Metric.CLONES)
ENDPOINTS = (VIEWS, CLONES, WEEKLY_VIEWS, WEEKLY_CLONES)


def parse_weekly(metric: Metric, body: object, as_of: datetime) -> fields.Parsed[WeeklyObservation]:
    """Views or clones by GitHub's own weeks (Monday, UTC). Raises: AnswerRefused.

    A week without a row is unknown: an answer of an outage looks the same. No week is complete in an answer whose
    total its rows do not add up to.
    """
    top = fields.mapping(body)
    today = utc_day(as_of)
    readings, warnings = day_readings(fields.json_list(top, metric.value), today)
    if warnings.refused and not readings:
        raise AnswerRefused(f"no week of {metric.value} could be used: {warnings.refused[0]}")
    total = sum(each.count for each in readings.values())
    is_whole_answer = "count" not in top or bool(warnings.refused) or adds_up(top, metric, total, warnings)
    weeks = []
    for reading in sorted(readings.values(), key=lambda r: r.day):
        if reading.day.weekday() != 0:
            warnings.refused.append(f"the week of {reading.day} does not begin on a Monday")
        else:
            complete = is_whole_answer and is_whole_week(reading.day, today)
            weeks.append(WeekReading(reading.day, reading.count, reading.uniques, complete))
    return fields.Parsed(WeeklyObservation(metric, tuple(weeks)), warnings.sentences())
