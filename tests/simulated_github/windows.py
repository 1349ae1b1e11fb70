"""Which days of a repository GitHub shows at a moment, in both forms that it has had, daily and weekly.

Until 2025-12-29: today and the 13 days before, today growing, days without traffic left out.
Since 2025-12-30: the 14 days up to yesterday once it is published, zeros included, today never.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from tests.simulated_github.repositories import Repository, Series

DAY = timedelta(days=1)
DAYS = 14
DENSE, SPARSE = "dense_until_yesterday", "sparse_with_today"
NOTHING = (0, 0)


class Row(NamedTuple):
    """A day or a week as shown."""

    day: date
    requests: int
    uniques: int


def utc_day(now: datetime) -> date:
    """The UTC date of a moment."""
    return now.astimezone(UTC).date()


def publish_moment(repository: Repository, day: date) -> datetime:
    """When a day appears: on the next day between 04:00 and 15:00 UTC, a late one a day after that."""
    hour = repository.publish_hour
    if hour is None:
        hour = 4 + (repository.id * 7919 + day.toordinal() * 104729) % 11
    wait = DAY * (2 if day in repository.late_days else 1)
    return datetime.combine(day, time(hour), UTC) + wait


def newest_published(repository: Repository, now: datetime) -> date:
    """The newest day of the dense form."""
    day = utc_day(now) - DAY
    while publish_moment(repository, day) > now:
        day -= DAY
    return day


def dense_rows(repository: Repository, series: Series, now: datetime) -> list[Row]:
    """14 finished days, those without traffic included."""
    newest = newest_published(repository, now)
    return [Row(day, *series.get(day, NOTHING)) for day in (newest - DAY * n for n in range(DAYS - 1, -1, -1))]


def sparse_rows(series: Series, now: datetime, cut_off_row: bool = False) -> list[Row]:
    """The days with traffic up to today, of which a part has passed; `cut_off_row` adds the rest of a 15th."""
    today = utc_day(now)
    passed = (now.astimezone(UTC) - datetime.combine(today, time(), UTC)) / DAY
    rows = [Row(today - DAY * n, *series.get(today - DAY * n, NOTHING)) for n in range(DAYS - 1, 0, -1)]
    rows.append(part(Row(today, *series.get(today, NOTHING)), passed))
    if cut_off_row:
        oldest = today - DAY * DAYS
        rows.insert(0, part(Row(oldest, *series.get(oldest, NOTHING)), 1 - passed))
    return [row for row in rows if row.requests]


def part(row: Row, share: float) -> Row:
    """What a part of a day shows of it: never more uniques than requests, never none of either alone."""
    count = int(row.requests * share)
    uniques = min(count, max(int(row.uniques * share), 1)) if count else 0
    return Row(row.day, count, uniques)


def weeks(rows: Iterable[Row], repository_id: int) -> list[Row]:
    """The same rows by Monday weeks; the first and the last week hold only the days that are shown."""
    by_week: dict[date, list[Row]] = {}
    for row in rows:
        by_week.setdefault(row.day - DAY * row.day.weekday(), []).append(row)
    return [
        Row(monday, sum(row.requests for row in days), distinct(days, repository_id))
        for monday, days in by_week.items()
    ]


def distinct(rows: Iterable[Row], repository_id: int) -> int:
    """The visitors of several days together: at least those of the greatest day, fewer than the sum of the days.

    A share of each repository's own, 55 to 85 of 100, of the visitors of the other days were new.
    """
    uniques = [row.uniques for row in rows]
    greatest = max(uniques, default=0)
    new = 55 + repository_id % 31
    return greatest + (sum(uniques) - greatest) * new // 100
