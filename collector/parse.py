"""Turns GitHub's answers into observations, and refuses impossible rows. Pure: no network, no clock, no store.

What is refused is told in `warnings`; a refused day is unknown, and never becomes a zero.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from collector.errors import AnswerRefused
from collector.fields import (
    GREATEST_COUNT,
    FieldRefused,
    count_field,
    mapping,
    moment_field,
    optional_count,
    optional_flag,
    optional_text,
    text_field,
)
from data.calendar import DAY, DayRange, covered_days, is_whole_week, stray_days, utc_day
from data.collection.models import (
    DayReading,
    ListingEntry,
    ListingObservation,
    StatsObservation,
    TrafficObservation,
    TrafficWindow,
    WeeklyObservation,
    WeekReading,
)
from data.repositories.models import RepositoryFacts
from data.traffic.models import Metric

OLDEST_ROW = timedelta(days=30)
LISTING_LIMIT = 100  # GitHub gives 10
MOST_TOLD = 10
FULL_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/(?!\.\.?$)[A-Za-z0-9_.-]{1,100}")


Seen_co = TypeVar("Seen_co", covariant=True)
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Seen_co]):
    """An observation, and what was odd about its answer."""

    observation: Seen_co
    warnings: tuple[str, ...] = ()


def parse_traffic(metric: Metric, body: object, as_of: datetime) -> Parsed[TrafficObservation]:
    """Views or clones by day, with zeros for the days that the answer covers without a row.

    An answer in which something is wrong (a row refused or outside of any window, a total that its rows do not
    add up to) may lack rows: it covers the newest rows that it has, and no zero is inferred.
    Source: /traffic/views and /traffic/clones; both window forms lead to the same days.
    Raises: AnswerRefused where the list is missing or no row of it can be used.
    """
    top, today = _object(body), utc_day(as_of)
    readings, warnings = _readings(_list(top, metric.value), today)
    if warnings.refused and not readings:
        raise AnswerRefused(f"no row of {metric.value} could be used: {warnings.refused[0]}")
    total = sum(reading.count for reading in readings.values())
    if total > GREATEST_COUNT:
        raise AnswerRefused(f"the rows of {metric.value} add up to more than can be")
    stray, adds_up = stray_days(readings, today), _adds_up(top, metric, total, warnings)
    warnings.odd.extend(f"{day} is outside the window of {today}" for day in stray)
    in_doubt = bool(warnings.refused or stray) or not adds_up
    covered = _newest_run(sorted(readings), today) if in_doubt else covered_days(readings, today)
    window = None
    if covered is not None:
        window = TrafficWindow(covered.first, covered.last, total, optional_count(top, "uniques"))
        for day in covered.days():
            readings.setdefault(day, DayReading(day, 0, 0))
    days = tuple(readings[day] for day in sorted(readings))
    return Parsed(TrafficObservation(metric, days, window), warnings.told())


def parse_weekly(metric: Metric, body: object, as_of: datetime) -> Parsed[WeeklyObservation]:
    """Views or clones by GitHub's own weeks (Monday, UTC). Source: per=week. Raises: AnswerRefused.

    A week without a row is unknown: an answer of an outage looks the same. No week is complete in an answer whose
    total its rows do not add up to.
    """
    top = _object(body)
    today = utc_day(as_of)
    readings, warnings = _readings(_list(top, metric.value), today)
    if warnings.refused and not readings:
        raise AnswerRefused(f"no week of {metric.value} could be used: {warnings.refused[0]}")
    total = sum(each.count for each in readings.values())
    adds_up = "count" not in top or bool(warnings.refused) or _adds_up(top, metric, total, warnings)
    weeks = []
    for reading in sorted(readings.values(), key=lambda r: r.day):
        if reading.day.weekday() != 0:
            warnings.refused.append(f"the week of {reading.day} does not begin on a Monday")
        else:
            complete = adds_up and is_whole_week(reading.day, today)
            weeks.append(WeekReading(reading.day, reading.count, reading.uniques, complete))
    return Parsed(WeeklyObservation(metric, tuple(weeks)), warnings.told())


def parse_listing(listing: str, body: object) -> Parsed[ListingObservation]:
    """The top-10 list of referrers or paths, verbatim up to a limit. Raises: AnswerRefused."""
    name_field = {"referrers": "referrer", "paths": "path"}[listing]
    if not isinstance(body, list):
        raise AnswerRefused(f"{listing} should be a list")
    entries: dict[str, ListingEntry] = {}
    warnings = Warnings()
    for row in body[:LISTING_LIMIT]:
        entry = attempt(partial(_entry, row, name_field), warnings)
        if entry and entry.name not in entries:
            entries[entry.name] = entry
    if len(body) > LISTING_LIMIT:
        warnings.odd.append(f"{len(body)} {listing} were given; the first {LISTING_LIMIT} are kept")
    if warnings.refused and not entries:
        raise AnswerRefused(f"no row of {listing} could be used: {warnings.refused[0]}")
    ranked = sorted(entries.values(), key=lambda e: -e.count)
    return Parsed(ListingObservation(listing, tuple(ranked)), warnings.told())


def parse_repository(body: object) -> Parsed[StatsObservation]:
    """The repository's identity and counters. Source: GET /repos/{owner}/{repo}. Raises: AnswerRefused.

    `watchers` is `subscribers_count`; what GitHub calls `watchers_count` counts stars.
    """
    top = _object(body)
    try:
        github_id, full_name = count_field(top, "id"), text_field(top, "full_name")
    except FieldRefused as refusal:
        raise AnswerRefused(str(refusal)) from refusal
    if not FULL_NAME.fullmatch(full_name):
        raise AnswerRefused("full_name is not OWNER/NAME")
    visibility = optional_text(top, "visibility")
    if visibility is None and optional_flag(top, "private") is not None:
        visibility = "private" if top["private"] else "public"
    facts = RepositoryFacts(
        github_id, full_name, visibility, optional_flag(top, "archived"), optional_flag(top, "fork")
    )
    counters = ("stargazers_count", "forks_count", "subscribers_count", "open_issues_count", "size")
    return Parsed(StatsObservation(facts, *(optional_count(top, name) for name in counters)))


class Warnings:
    """Rows that were refused, and oddities that were accepted."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.odd: list[str] = []

    def told(self) -> tuple[str, ...]:
        """The first of them as sentences for the log: an answer may hold a hundred thousand bad rows."""
        told = (*(f"row refused: {reason}" for reason in self.refused[:MOST_TOLD]), *self.odd[:MOST_TOLD])
        more = len(self.refused) + len(self.odd) - len(told)
        return (*told, f"and {more} more such rows") if more else told


def attempt(make: Callable[[], Made], warnings: Warnings) -> Made | None:
    """What `make` makes, or None with the refusal noted."""
    try:
        return make()
    except FieldRefused as refusal:
        warnings.refused.append(str(refusal))
        return None


def _readings(rows: list[object], today: date) -> tuple[dict[date, DayReading], Warnings]:
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


def _adds_up(top: Mapping[str, object], metric: Metric, total: int, warnings: Warnings) -> bool:
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


def _entry(given: object, name_field: str) -> ListingEntry:
    row = mapping(given)
    count, uniques = count_field(row, "count"), count_field(row, "uniques")
    if uniques > count:
        raise FieldRefused("an entry has more uniques than requests")
    return ListingEntry(text_field(row, name_field), optional_text(row, "title"), count, uniques)


def _object(body: object) -> Mapping[str, object]:
    try:
        return mapping(body)
    except FieldRefused as refusal:
        raise AnswerRefused(str(refusal)) from refusal


def _list(top: Mapping[str, object], name: str) -> list[object]:
    rows = top.get(name)
    if not isinstance(rows, list):
        raise AnswerRefused(f"the list {name} is missing")
    return rows
