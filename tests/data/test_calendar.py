"""Days and weeks as GitHub counts them, and which days an answer says something about."""

from datetime import UTC, date, datetime, timedelta, timezone

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
    stored,
    stray_days,
    utc_day,
    utc_now,
    whole_week_to_ask_for,
)

AS_OF = date(2026, 5, 20)
ANY_DAY = st.dates(date(2008, 1, 1), date(2100, 1, 1))
PURE = settings(derandomize=True, deadline=None, max_examples=200)


def ago(days: int) -> date:
    return AS_OF - days * DAY


def test_a_range_has_both_its_ends() -> None:
    assert DayRange(ago(2), ago(0)).days() == [ago(2), ago(1), ago(0)]
    assert DayRange(ago(1), ago(1)).days() == [ago(1)]


def test_a_dense_answer_up_to_yesterday_covers_its_rows() -> None:
    rows = [ago(n) for n in range(1, 15)]
    assert covered_days(rows, AS_OF) == DayRange(ago(14), ago(1))


def test_a_dense_answer_with_a_partial_today_covers_all_but_today() -> None:
    rows = [ago(n) for n in range(14)]
    assert covered_days(rows, AS_OF) == DayRange(ago(13), ago(1))


def test_a_dense_answer_that_is_late_covers_no_more_than_its_rows() -> None:
    rows = [ago(n) for n in range(3, 17)]
    assert covered_days(rows, AS_OF) == DayRange(ago(16), ago(3))


def test_an_empty_answer_covers_the_settled_days_of_its_window() -> None:
    assert covered_days([], AS_OF) == DayRange(ago(13), ago(3))


@pytest.mark.parametrize(
    ("rows", "first", "last"),
    [
        ([5], 13, 3),
        ([5, 2], 13, 2),
        ([5, 1], 13, 1),
        ([5, 0], 13, 1),  # today is still running
        ([14, 5], 14, 3),
        ([14, 5, 0], 13, 1),  # the older window has cut its first day off
    ],
)
def test_a_sparse_answer_covers_its_window_and_its_rows(rows: list[int], first: int, last: int) -> None:
    assert covered_days([ago(n) for n in rows], AS_OF) == DayRange(ago(first), ago(last))


@PURE
@given(as_of=ANY_DAY, rows=st.sets(st.integers(0, 14)))
def test_no_answer_covers_today_or_the_future(as_of: date, rows: set[int]) -> None:
    assert covered_days([as_of - n * DAY for n in rows], as_of).last < as_of


@PURE
@given(as_of=ANY_DAY, rows=st.lists(st.integers(0, 14)))
def test_coverage_asks_neither_for_order_nor_for_distinct_rows(as_of: date, rows: list[int]) -> None:
    days = [as_of - n * DAY for n in rows]
    assert covered_days(days, as_of) == covered_days(sorted(set(days)), as_of)


@PURE
@given(as_of=ANY_DAY, rows=st.sets(st.integers(1, 13)))
def test_every_finished_row_inside_the_window_is_covered(as_of: date, rows: set[int]) -> None:
    days = {as_of - n * DAY for n in rows}
    assert days <= set(covered_days(days, as_of).days())


@PURE
@given(
    rows=st.sets(st.integers(0, 14), max_size=11), stray=st.sets(st.integers(-2, -1) | st.integers(15, 30), max_size=2)
)
def test_a_stray_row_widens_no_coverage(rows: set[int], stray: set[int]) -> None:
    assert covered_days(map(ago, rows | stray), AS_OF) == covered_days(map(ago, rows), AS_OF)
    assert stray_days(map(ago, rows | stray), AS_OF) == sorted(map(ago, stray))


def test_a_dense_answer_has_no_stray_rows_however_late_it_is() -> None:
    assert stray_days([ago(n) for n in range(3, 17)], AS_OF) == []


@PURE
@given(ANY_DAY)
def test_a_week_begins_on_the_monday_at_or_before_the_day(day: date) -> None:
    assert monday(day).weekday() == 0
    assert timedelta(0) <= day - monday(day) < timedelta(days=7)


@PURE
@given(ANY_DAY)
def test_a_week_that_is_asked_for_is_inside_the_window_and_settled(as_of: date) -> None:
    week = whole_week_to_ask_for(as_of)
    if week is not None:
        covered = covered_days([], as_of)
        assert covered.first <= week
        assert week + 6 * DAY <= covered.last


@PURE
@given(ANY_DAY)
def test_every_week_is_asked_for_on_five_days(some_day: date) -> None:
    week = monday(some_day)
    asked_on = [week + n * DAY for n in range(21) if whole_week_to_ask_for(week + n * DAY) == week]
    assert asked_on == [week + n * DAY for n in range(9, 14)]
    assert all(is_whole_week(week, day) for day in asked_on)


def test_a_moment_is_stored_in_utc_without_a_zone_and_read_back_aware() -> None:
    moment = datetime(2026, 5, 20, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert stored(moment) == datetime(2026, 5, 19, 23, 30)  # noqa: DTZ001
    assert aware(stored(moment)) == moment
    assert utc_day(moment) == date(2026, 5, 19)


def test_the_present_moment_is_aware_and_utc() -> None:
    assert utc_now().tzinfo is UTC
