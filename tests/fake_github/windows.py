"""What GitHub shows of a repository's traffic at a moment: its days in both forms, and its weeks.

Until 2025-12-29: today and the 13 days before, today growing, days without traffic left out.
Since 2025-12-30: the 14 days up to yesterday once it is published, zeros included, today never.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple

from tests.fake_github.world import Repository, Series

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
    return now.astimezone(UTC).date()


def newest_published(repository: Repository, now: datetime) -> date:
    """The newest day of the dense form: it appears on the next day between 04:00 and 15:00 UTC, or a day later."""
    day = utc_day(now) - DAY
    while True:
        hour = repository.publish_hour
        if hour is None:
            hour = 4 + (repository.id * 7919 + day.toordinal() * 104729) % 11
        if datetime.combine(day, time(hour), UTC) + DAY * (2 if day in repository.late_days else 1) <= now:
            return day
        day -= DAY


def dense_rows(repository: Repository, series: Series, now: datetime) -> list[Row]:
    """14 finished days, those without traffic included."""
    newest = newest_published(repository, now)
    return [Row(day, *series.get(day, NOTHING)) for day in (newest - DAY * n for n in range(DAYS - 1, -1, -1))]


def sparse_rows(series: Series, now: datetime, cut_off_row: bool = False) -> list[Row]:
    """The days with traffic up to today, of which a part has passed; `cut_off_row` adds the rest of a 15th."""
    today = utc_day(now)
    passed = (now.astimezone(UTC) - datetime.combine(today, time(), UTC)) / DAY
    rows = [Row(today - DAY * n, *series.get(today - DAY * n, NOTHING)) for n in range(DAYS - 1, 0, -1)]
    rows.append(_part(Row(today, *series.get(today, NOTHING)), passed))
    if cut_off_row:
        oldest = today - DAY * DAYS
        rows.insert(0, _part(Row(oldest, *series.get(oldest, NOTHING)), 1 - passed))
    return [row for row in rows if row.requests]


def _part(row: Row, share: float) -> Row:
    """What a part of a day shows of it: never more uniques than requests, never none of either alone."""
    count = int(row.requests * share)
    return Row(row.day, count, min(count, max(int(row.uniques * share), 1)))


def weeks(rows: Iterable[Row], repository_id: int) -> list[Row]:
    """The same rows by Monday weeks; the first and the last week hold only the days that are shown."""
    days = groupby(rows, key=lambda row: row.day - DAY * row.day.weekday())
    by_week = ((monday, list(week)) for monday, week in days)
    return [Row(monday, sum(row.requests for row in week), distinct(week, repository_id)) for monday, week in by_week]


def distinct(rows: Iterable[Row], repository_id: int) -> int:
    """The visitors of several days together: those of the greatest day, and 55 to 85 of 100 of the other days'."""
    uniques = [row.uniques for row in rows]
    greatest = max(uniques, default=0)
    return greatest + (sum(uniques) - greatest) * (55 + repository_id % 31) // 100
