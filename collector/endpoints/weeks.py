"""Views and clones by GitHub's own weeks (Monday, UTC), with their true weekly uniques.

Source: https://docs.github.com/en/rest/metrics/traffic (/traffic/views, /traffic/clones with per=week).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from collector.endpoints.endpoint import Endpoint, Phase, Query, Request
from collector.endpoints.fields import Parsed, json_list, json_object
from collector.endpoints.traffic import adds_up, day_readings
from collector.errors import AnswerRefused
from data.calendar import is_whole_week, utc_day, whole_week_to_ask_for
from data.collection.incoming import Row, Save
from data.collection.models import CollectableRepository
from data.traffic.models import Metric

SAVE = Save(
    {
        "incoming_week": (
            "repository_id integer, week date, metric text, count bigint, uniques bigint, complete boolean"
        )
    },
    ((__name__, "save"),),
)


@dataclass(frozen=True, slots=True)
class WeekReading:
    """A week's count and true uniques; `complete` when the whole week was inside the answer's window."""

    week: date
    count: int
    uniques: int
    complete: bool


@dataclass(frozen=True, slots=True)
class WeeklyObservation:
    """One answer of views or clones by week."""

    metric: Metric
    weeks: tuple[WeekReading, ...]

    save = SAVE

    def rows(self, repository_id: int, observed_at: datetime) -> Iterator[tuple[str, Row]]:
        for week in self.weeks:
            row = (repository_id, week.week, self.metric.value, week.count, week.uniques, week.complete)
            yield "incoming_week", row


@dataclass(frozen=True)
class WeeklyTraffic(Endpoint):
    """Views or clones by week, asked when a whole week is missing."""

    metric: Metric = Metric.VIEWS

    def is_due(self, repository: CollectableRepository, now: datetime) -> bool:
        wanted, newest = whole_week_to_ask_for(utc_day(now)), repository.newest_whole_week.get(self.metric)
        return wanted is not None and (newest is None or newest < wanted)

    def query(self, request: Request) -> Query:
        return {"per": "week"}

    def parse(self, body: object, as_of: datetime) -> Parsed[WeeklyObservation]:
        return parse_weekly(self.metric, body, as_of)


WEEKLY_VIEWS = WeeklyTraffic("weekly_views", "/traffic/views", Phase.WEEKS, metric=Metric.VIEWS)
WEEKLY_CLONES = WeeklyTraffic("weekly_clones", "/traffic/clones", Phase.WEEKS, metric=Metric.CLONES)
ENDPOINTS = (WEEKLY_VIEWS, WEEKLY_CLONES)


def parse_weekly(metric: Metric, body: object, as_of: datetime) -> Parsed[WeeklyObservation]:
    """Views or clones by GitHub's own weeks (Monday, UTC). Raises: AnswerRefused.

    A week without a row is unknown: an answer of an outage looks the same. No week is complete in an answer whose
    total its rows do not add up to.
    """
    top = json_object(body)
    today = utc_day(as_of)
    readings, warnings = day_readings(json_list(top, metric.value), today)
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
    return Parsed(WeeklyObservation(metric, tuple(weeks)), warnings.told())
