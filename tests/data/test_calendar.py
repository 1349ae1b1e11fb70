"""Days and weeks as GitHub counts them, and which days an answer says something about."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.calendar import (
    DAY,
    DayRange,
    aware,
    covered_days,
    is_whole_week,
    monday,
    newest_settled_week,
    stored,
    stray_days,
    utc_day,
)

AS_OF = date(2026, 5, 20)
ANY_DAY = st.dates(date(2008, 1, 1), date(2100, 1, 1))
PURE = settings(max_examples=200)


def ago(days: int) -> date:
    return AS_OF - days * DAY


def test_a_range_has_both_its_ends() -> None:
    assert DayRange(ago(2), ago(0)).days() == [ago(2), ago(1), ago(0)]
    assert DayRange(ago(1), ago(1)).days() == [ago(1)]


@pytest.mark.parametrize(
    ("rows", "first", "last"),
    [
        (range(1, 15), 14, 1),
        (range(14), 13, 1),  # today is still running
        (range(3, 17), 16, 3),  # a late answer covers no more than its rows
        ([], 13, 3),  # the settled days
        ([5], 13, 3),
        ([5, 2], 13, 2),
        ([5, 1], 13, 1),
        ([5, 0], 13, 1),
        ([14, 5], 14, 3),
        ([14, 5, 0], 13, 1),  # the older window has cut its first day off
    ],
)
def test_an_answer_covers_its_rows_and_the_settled_days_of_its_window(
    rows: Sequence[int], first: int, last: int
) -> None:
    assert covered_days([ago(n) for n in rows], AS_OF) == DayRange(ago(first), ago(last))
    assert stray_days([ago(n) for n in rows], AS_OF) == []


@PURE
@given(as_of=ANY_DAY, rows=st.lists(st.integers(0, 14)))
def test_an_answer_in_any_order_covers_each_finished_row_and_neither_today_nor_the_future(
    as_of: date, rows: list[int]
) -> None:
    days = [as_of - n * DAY for n in rows]
    covered = covered_days(days, as_of)
    assert covered == covered_days(sorted(set(days)), as_of)
    assert {as_of - n * DAY for n in rows if 1 <= n <= 13} <= set(covered.days())
    assert covered.last < as_of


@PURE
@given(
    rows=st.sets(st.integers(0, 14), max_size=11), stray=st.sets(st.integers(-2, -1) | st.integers(15, 30), max_size=2)
)
def test_a_stray_row_widens_no_coverage(rows: set[int], stray: set[int]) -> None:
    assert covered_days(map(ago, rows | stray), AS_OF) == covered_days(map(ago, rows), AS_OF)
    assert stray_days(map(ago, rows | stray), AS_OF) == sorted(map(ago, stray))


@PURE
@given(ANY_DAY)
def test_a_week_begins_on_the_monday_at_or_before_the_day(day: date) -> None:
    assert monday(day).weekday() == 0
    assert timedelta(0) <= day - monday(day) < timedelta(days=7)


@PURE
@given(ANY_DAY)
def test_every_week_is_the_newest_settled_one_on_seven_days_and_surely_shown_on_five_of_them(some_day: date) -> None:
    week = monday(some_day)
    newest_on = [n for n in range(21) if newest_settled_week(week + n * DAY) == week]
    assert newest_on == list(range(9, 16))
    assert [n for n in newest_on if is_whole_week(week, week + n * DAY)] == list(range(9, 14))


def test_a_moment_is_stored_in_utc_without_a_zone_and_read_back_aware() -> None:
    moment = datetime(2026, 5, 20, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert stored(moment) == datetime(2026, 5, 19, 23, 30)  # noqa: DTZ001
    assert aware(stored(moment)) == moment
    assert utc_day(moment) == date(2026, 5, 19)
