"""Stars gained a day, back to the repository's creation.

Source: https://docs.github.com/en/rest/activity/starring (/stargazers/history), newest week first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

from collector.endpoints.endpoint import PagedEndpoint, Phase, Query, Request
from collector.endpoints.fields import FieldRefused, Parsed, Warnings, attempt, count_field, mapping, rows_of_pages
from collector.errors import AnswerRefused
from data.calendar import DAY, stored, utc_day
from data.collection.models import Row, Save

MAX_PAGES = 60  # 30 weeks a page: back to before GitHub began
RECENT_WEEKS = 5
FRESH_FOR = timedelta(days=28)  # then a short answer would leave weeks out
ZONES_REACH = timedelta(hours=12)
SAVE = Save(
    {"incoming_star": "repository_id integer, day date, observed_at timestamp, stars bigint"},
    ((__name__, "save"),),
    {"accepted_star": "'star_history'"},
)


@dataclass(frozen=True, slots=True)
class StarDay:
    """Stars gained on a day that are still given; GitHub does not promise that its days are UTC's."""

    day: date
    stars: int


@dataclass(frozen=True, slots=True)
class StarObservation:
    days: tuple[StarDay, ...]

    save = SAVE

    def rows(self, repository_id: int, observed_at: datetime) -> Iterator[tuple[str, Row]]:
        at = stored(observed_at)
        for day in self.days:
            yield "incoming_star", (repository_id, day.day, at, day.stars)


class StarHistory(PagedEndpoint):
    """Asked once a day; of what is known well, the newest weeks only."""

    def query(self, request: Request) -> Query:
        return {"per_page": RECENT_WEEKS if _is_known(request) else 30}

    def max_pages(self, request: Request) -> int:
        return 1 if _is_known(request) else MAX_PAGES

    def parse(self, body: object, as_of: datetime) -> Parsed[StarObservation]:
        return parse_star_history(body, as_of)


STAR_HISTORY = StarHistory("star_history", "/stargazers/history", Phase.HISTORY)
ENDPOINTS = (STAR_HISTORY,)


def _is_known(request: Request) -> bool:
    return request.answered_ago is not None and request.answered_ago < FRESH_FOR


def parse_star_history(pages: object, as_of: datetime) -> Parsed[StarObservation]:
    """Stars gained a day, oldest first, up to the day of the answer.

    GitHub: "Week and day boundaries are not guaranteed to align with UTC". A week's start is taken as the
    nearest UTC midnight, so a boundary anywhere from 12 h before to 12 h after gives the same Sunday.
    Raises: AnswerRefused.
    """
    days: dict[date, StarDay] = {}
    warnings = Warnings()
    for row in rows_of_pages(pages, "the star history"):
        for star_day in attempt(partial(_star_week, row), warnings) or ():
            if star_day.day <= utc_day(as_of):
                days.setdefault(star_day.day, star_day)
    if warnings.refused and not days:
        raise AnswerRefused(f"no week of the star history could be used: {warnings.refused[0]}")
    return Parsed(StarObservation(tuple(days[day] for day in sorted(days))), warnings.sentences())


def _star_week(given: object) -> list[StarDay]:
    row = mapping(given)
    days = row.get("days")
    if not isinstance(days, list) or len(days) != 7:
        raise FieldRefused("a week of stars has not seven days")
    try:
        start = utc_day(datetime.fromtimestamp(count_field(row, "week"), UTC) + ZONES_REACH)
        dates = [start + n * DAY for n in range(7)]
    except (OverflowError, ValueError, OSError) as error:
        raise FieldRefused("the start of a week of stars is not a moment") from error
    return [StarDay(day, count_field({"days": stars}, "days")) for day, stars in zip(dates, days, strict=True)]
