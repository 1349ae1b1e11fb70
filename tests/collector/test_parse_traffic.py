"""Views and clones by days and by weeks: both forms of the window, all that a row can be (fault cases 55 to 68)."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.endpoints.fields import Parsed
from collector.endpoints.traffic import DayReading, TrafficObservation, WeekReading, parse_traffic, parse_weekly
from collector.errors import AnswerRefused
from data.traffic.models import Metric

EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)


def row(day: date | str, count: object = 5, uniques: object = 2) -> dict[str, object]:
    return {"timestamp": f"{day}T00:00:00Z" if isinstance(day, date) else day, "count": count, "uniques": uniques}


def views(*rows: object, **top: object) -> Parsed[TrafficObservation]:
    """What is made of an answer with these rows."""
    total = sum(each["count"] for each in rows if isinstance(each, dict) and type(each.get("count")) is int)
    return parse_traffic(Metric.VIEWS, {"count": total, "uniques": 1, "views": list(rows), **top}, NOW)


def given_days(parsed: Parsed[TrafficObservation]) -> dict[date, tuple[int, int]]:
    """The readings that are no inferred zero."""
    return {each.day: (each.count, each.uniques) for each in parsed.observation.days if each.count}


def test_an_empty_answer_is_nothing_in_the_days_that_it_surely_covers() -> None:
    parsed = views()
    window = parsed.observation.window
    assert window is not None
    assert (window.first_day, window.last_day, window.total) == (TODAY - 13 * DAY, TODAY - 3 * DAY, 0)
    assert parsed.observation.days == tuple(DayReading(day, 0, 0) for day in window_days(window))
    assert parsed.warnings == ()


def window_days(window: Any) -> list[date]:
    return [window.first_day + n * DAY for n in range((window.last_day - window.first_day).days + 1)]


def test_the_dense_form_as_it_was_seen_covers_its_fourteen_days() -> None:
    parsed = parse_traffic(Metric.VIEWS, EXAMPLES["dense"], datetime(2026, 1, 23, 12, tzinfo=UTC))
    window = parsed.observation.window
    assert window is not None
    assert (window.first_day, window.last_day) == (date(2026, 1, 9), date(2026, 1, 22))
    assert (window.total, window.uniques, len(parsed.observation.days)) == (13, 1, 14)
    assert parsed.warnings == ()


def test_the_sparse_form_as_it_was_seen_gives_zeros_between_and_today_as_it_stands() -> None:
    parsed = parse_traffic(Metric.VIEWS, EXAMPLES["sparse"], datetime(2018, 12, 2, 17, 25, tzinfo=UTC))
    days = {each.day: each.count for each in parsed.observation.days}
    assert days[date(2018, 11, 27)] == 56
    assert days[date(2018, 11, 19)] == 0
    assert parsed.observation.window is not None
    assert parsed.observation.window.last_day < date(2018, 12, 2)
    assert sum(days.values()) == 93


@pytest.mark.parametrize("metric", list(Metric))
def test_the_examples_of_github_s_own_description_are_taken_without_a_warning(metric: Metric) -> None:
    parsed = parse_traffic(metric, EXAMPLES[metric.value], datetime(2016, 10, 24, 12, tzinfo=UTC))
    assert parsed.warnings == ()
    assert parsed.observation.window is not None
    assert parsed.observation.window.total == EXAMPLES[metric.value]["count"]


def test_today_and_a_late_yesterday_are_never_taken_for_zero() -> None:
    dense_but_late = views(*(row(TODAY - n * DAY) for n in range(2, 16)))
    sparse = views(row(TODAY - 9 * DAY))
    assert max(each.day for each in dense_but_late.observation.days) == TODAY - 2 * DAY
    assert max(each.day for each in sparse.observation.days) == TODAY - 3 * DAY


def test_a_row_of_a_fortnight_ago_beside_one_of_today_is_a_reading_but_not_covered() -> None:
    parsed = views(row(TODAY - 14 * DAY, 3, 1), row(TODAY, 8, 2))
    assert given_days(parsed) == {TODAY - 14 * DAY: (3, 1), TODAY: (8, 2)}
    assert parsed.observation.window is not None
    assert parsed.observation.window.first_day == TODAY - 13 * DAY


def test_a_day_given_twice_keeps_its_greater_row_and_is_told() -> None:
    day = TODAY - 5 * DAY
    for rows in ([row(day, 5, 2), row(day, 9, 1)], [row(day, 9, 1), row(day, 5, 2)]):
        parsed = views(*rows)
        assert given_days(parsed) == {day: (9, 1)}
        assert f"{day} was given twice; the greater is kept" in parsed.warnings


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("2026-05-05T00:00:00Z", "2026-05-05", False),
        ("2026-05-05", "2026-05-05", False),
        ("2026-05-05T00:00:00", "2026-05-05", False),
        ("2026-05-05T00:00:00.000Z", "2026-05-05", False),
        ("2026-05-05T02:00:00+02:00", "2026-05-05", False),
        ("2026-05-05T00:00:00+02:00", "2026-05-04", True),
        ("2026-05-05T23:59:59.999Z", "2026-05-05", True),
        (" 2026-05-05T07:00:00Z ", "2026-05-05", True),
    ],
)
def test_every_form_of_a_moment_falls_on_its_utc_day(text: str, day: str, expected: bool) -> None:
    parsed = views(row(text))
    assert list(given_days(parsed)) == [date.fromisoformat(day)]
    assert any("is not midnight UTC" in warning for warning in parsed.warnings) == expected


@pytest.mark.parametrize("days", [1, 2, 400, -31, -400])
def test_a_day_that_no_window_can_hold_is_refused(days: int) -> None:
    parsed = views(row(TODAY - 4 * DAY), row(TODAY + days * DAY))
    assert list(given_days(parsed)) == [TODAY - 4 * DAY]
    assert "is outside any window" in parsed.warnings[0]


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "12", "0001-01-01T00:00:00+14:00", None, 20260505, True]
)
def test_what_is_no_moment_is_refused(text: object) -> None:
    parsed = views(row(TODAY - 4 * DAY), {"timestamp": text, "count": 1, "uniques": 1})
    assert list(given_days(parsed)) == [TODAY - 4 * DAY]
    assert parsed.warnings[0].startswith("row refused: timestamp is")


def test_more_uniques_than_requests_are_refused_and_leave_the_day_unknown() -> None:
    day = TODAY - 5 * DAY
    parsed = views(row(day - DAY), row(day, 2, 3), row(day + DAY))
    assert day not in {each.day for each in parsed.observation.days}
    assert "has more uniques (3) than requests (2)" in parsed.warnings[0]


@pytest.mark.parametrize(("count", "taken"), [(7, 7), (7.0, 7), ("7", 7), (10**12, 10**12)])
def test_whole_numbers_are_taken_in_any_dress(count: object, taken: int) -> None:
    parsed = views(row(TODAY - 4 * DAY, count, 1))
    assert given_days(parsed) == {TODAY - 4 * DAY: (taken, 1)}
    assert any("came as text" in warning for warning in parsed.warnings) == isinstance(count, str)


NO_COUNTS = [
    -1,
    3.5,
    "",
    "-1",
    "3.0",
    "²",
    "٣",
    " 7",
    "9" * 30,
    True,
    None,
    [],
    {},
    10**12 + 1,
    float("inf"),
    float("nan"),
]


@pytest.mark.parametrize("count", NO_COUNTS)
@pytest.mark.parametrize("name", ["count", "uniques"])
def test_anything_else_is_refused_by_row_and_never_becomes_a_zero(name: str, count: object) -> None:
    day = TODAY - 5 * DAY
    parsed = views(row(day - DAY), row(day) | {name: count}, row(day + DAY))
    assert day not in {each.day for each in parsed.observation.days}
    assert f"row refused: {name}" in parsed.warnings[0]


@pytest.mark.parametrize("given", [None, 5, "row", [], True])
def test_a_row_that_is_none_is_refused(given: object) -> None:
    assert "expected an object" in views(row(TODAY - 4 * DAY), given).warnings[0]


def test_a_refused_row_leaves_only_the_unbroken_run_of_newest_days_covered() -> None:
    rows = [row(TODAY - n * DAY) for n in range(1, 15)]
    rows[4]["count"] = -1
    window = views(*rows).observation.window
    assert window is not None
    assert (window.first_day, window.last_day) == (TODAY - 4 * DAY, TODAY - DAY)


BODIES: list[object] = [
    None,
    [],
    "text",
    5,
    True,
    {},
    {"message": "Server Error"},
    {"views": None},
    {"views": {}},
    {"clones": []},
]


@pytest.mark.parametrize("body", BODIES)
def test_an_answer_of_another_kind_is_refused_as_a_whole(body: object) -> None:
    for parse in (parse_traffic, parse_weekly):
        with pytest.raises(AnswerRefused):
            parse(Metric.VIEWS, body, NOW)


def test_an_answer_without_one_good_row_is_refused_as_a_whole() -> None:
    for parse in (parse_traffic, parse_weekly):
        with pytest.raises(AnswerRefused, match="could be used"):
            parse(Metric.VIEWS, {"views": [row(TODAY, -1)] * 200}, NOW)


def test_unknown_fields_change_nothing() -> None:
    plain = row(TODAY - 4 * DAY)
    assert views(plain | {"bots": 7, "views": []}, new={"a": 1}) == views(plain)


@pytest.mark.parametrize("total", [4, 0, None, "many"])
def test_a_total_that_differs_is_told_and_the_rows_count(total: object) -> None:
    parsed = views(row(TODAY - 4 * DAY), count=total)
    assert parsed.observation.window is not None
    assert parsed.observation.window.total == 5
    assert "its rows add up to 5" in parsed.warnings[0]


@pytest.mark.parametrize("uniques", [None, -1, "x", 2.5])
def test_uniques_of_the_window_that_are_no_number_are_unknown(uniques: object) -> None:
    window = views(row(TODAY - 4 * DAY), uniques=uniques).observation.window
    assert window is not None
    assert window.uniques is None


@pytest.mark.parametrize("days", [-15, -16, -29])
def test_a_row_outside_of_the_window_proves_no_zero(days: int) -> None:
    stray = TODAY + days * DAY
    alone, beside = views(row(stray)), views(row(stray), row(TODAY - 2 * DAY))
    assert [each.day for each in alone.observation.days] == [stray]
    assert [each.day for each in beside.observation.days] == sorted([stray, TODAY - 2 * DAY])
    assert beside.observation.window is not None
    assert beside.observation.window.first_day == TODAY - 2 * DAY
    assert alone.warnings == (f"{stray} is outside the window of {TODAY}",)


@pytest.mark.parametrize("total", [500, None])
def test_rows_that_do_not_add_up_to_the_total_prove_no_zero(total: object) -> None:
    assert (views(count=total).observation.days, views(count=total).observation.window) == ((), None)
    days = [TODAY - n * DAY for n in (9, 5, 4)]
    parsed = views(*map(row, days), count=total)
    assert [each.day for each in parsed.observation.days] == days
    assert parsed.observation.window is not None
    assert (parsed.observation.window.first_day, parsed.observation.window.last_day) == (days[1], days[2])


def test_weeks_as_they_were_seen_are_whole_only_when_all_their_days_were_shown() -> None:
    parsed = parse_weekly(Metric.CLONES, EXAMPLES["weekly_clones"], datetime(2020, 12, 20, 12, tzinfo=UTC))
    assert parsed.observation.weeks == (
        WeekReading(date(2020, 11, 30), 26, 7, False),
        WeekReading(date(2020, 12, 7), 891, 82, True),
        WeekReading(date(2020, 12, 14), 912, 109, False),
    )


def test_a_week_that_does_not_begin_on_a_monday_is_refused() -> None:
    parsed = parse_weekly(Metric.VIEWS, {"views": [row(date(2026, 5, 5)), row(date(2026, 5, 4))]}, NOW)
    assert date(2026, 5, 5) not in {each.week for each in parsed.observation.weeks}
    assert "does not begin on a Monday" in parsed.warnings[0]


@pytest.mark.parametrize("total", [{}, {"count": 0}, {"count": 500}, {"count": None}])
def test_a_week_without_a_row_is_unknown_and_never_a_zero(total: dict[str, object]) -> None:
    now = datetime(2026, 5, 6, 12, tzinfo=UTC)  # the week of 27 April is whole and shown
    assert parse_weekly(Metric.VIEWS, {"views": [], **total}, now).observation.weeks == ()


def test_no_week_is_complete_where_the_rows_do_not_add_up_to_the_total() -> None:
    whole = date(2026, 4, 27)
    for total, complete in ((5, True), (500, False), (4, False), (None, False)):
        parsed = parse_weekly(Metric.VIEWS, {"count": total, "views": [row(whole)]}, NOW)
        assert parsed.observation.weeks == (WeekReading(whole, 5, 2, complete),)
        assert any("its rows add up to 5" in warning for warning in parsed.warnings) is not complete


def test_a_refused_week_makes_no_zero_of_an_absent_one() -> None:
    body = {"views": [row(date(2026, 4, 27), -1), row(date(2026, 5, 4))]}
    assert [each.week for each in parse_weekly(Metric.VIEWS, body, NOW).observation.weeks] == [date(2026, 5, 4)]
