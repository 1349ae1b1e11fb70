"""Filters: what an address asks for becomes days and repositories, and what makes no sense is left out and said."""

from datetime import date, timedelta

import pytest

from data.traffic.models import Grain, Selection
from pages.ui import filters, periods
from pages.ui.filters import DATES, RANGE, REPOSITORY, Choices
from pages.ui.periods import ALL, CUSTOM, DEFAULT_RANGE

CHOICES = Choices({1: "blue/engine", 2: "blue/docs"}, date(2026, 1, 1), date(2026, 5, 9))


def span(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


HOSTILE = ["nope", "", "<script>alert(1)</script>", "' or 1=1 --", "x" * 5000, "\u202e", "%00"]


@pytest.mark.parametrize(
    ("name", "picked", "days"),
    [
        (DEFAULT_RANGE, None, ("2026-04-10", "2026-05-09")),  # the last 30 days up to yesterday, a Saturday
        ("7 days", None, ("2026-05-03", "2026-05-09")),
        ("This week", None, ("2026-05-04", "2026-05-09")),
        ("Last week", None, ("2026-04-27", "2026-05-03")),
        ("This month", None, ("2026-05-01", "2026-05-09")),
        ("Last quarter", None, ("2026-01-01", "2026-03-31")),
        ("This year", None, ("2026-01-01", "2026-05-09")),
        ("Last year", None, ("2025-01-01", "2025-12-31")),
        ("31 days", None, ("2026-04-09", "2026-05-09")),  # an address of before
        ("Quarter", None, ("2026-02-07", "2026-05-09")),
        (ALL, None, ("2026-01-01", "2026-05-09")),
        (CUSTOM, (date(2026, 2, 3), date(2026, 2, 1)), ("2026-02-01", "2026-02-03")),
        (CUSTOM, (date(2026, 2, 1),), ("2026-02-01", "2026-02-01")),  # the second is not picked yet
        (CUSTOM, (), ("2026-04-10", "2026-05-09")),
    ],
)
def test_a_range_has_its_days(name: str, picked: tuple[date, ...] | None, days: tuple[str, str]) -> None:
    assert periods.days_of(name, picked, CHOICES.known) == span(*days)


def test_all_is_a_day_where_nothing_but_today_is_known() -> None:
    last = CHOICES.last
    assert periods.days_of(ALL, None, (last + timedelta(days=1), last)) == (last, last)


def test_a_week_that_begins_today_has_its_first_day() -> None:
    monday = date(2026, 5, 11)
    assert periods.days_of("This week", None, (CHOICES.first, monday - timedelta(days=1))) == (monday, monday)


@pytest.mark.parametrize(
    ("name", "days", "steps", "expected"),
    [
        ("30 days", ("2026-04-10", "2026-05-09"), -1, (CUSTOM, ("2026-03-11", "2026-04-09"))),
        (CUSTOM, ("2026-03-11", "2026-04-09"), 1, ("30 days", ("2026-04-10", "2026-05-09"))),
        (CUSTOM, ("2026-04-20", "2026-05-06"), 1, (CUSTOM, ("2026-04-23", "2026-05-09"))),  # not after yesterday
        ("This month", ("2026-05-01", "2026-05-09"), -1, ("Last month", ("2026-04-01", "2026-04-30"))),
        ("Last month", ("2026-04-01", "2026-04-30"), -1, (CUSTOM, ("2026-03-01", "2026-03-31"))),
        (CUSTOM, ("2026-02-01", "2026-02-28"), 1, (CUSTOM, ("2026-03-01", "2026-03-31"))),  # a month as a whole
        ("This quarter", ("2026-04-01", "2026-05-09"), -1, ("Last quarter", ("2026-01-01", "2026-03-31"))),
        (CUSTOM, ("2026-04-20", "2026-04-26"), 1, ("Last week", ("2026-04-27", "2026-05-03"))),
    ],
)
def test_an_arrow_leads_to_the_period_beside(
    name: str, days: tuple[str, str], steps: int, expected: tuple[str, tuple[str, str]]
) -> None:
    unit = periods.unit_of(name, span(*days))
    assert periods.stepped(unit, span(*days), steps, CHOICES.known) == (expected[0], span(*expected[1]))


@pytest.mark.parametrize(
    ("name", "days", "compared", "earlier"),
    [
        ("30 days", ("2026-04-10", "2026-05-09"), periods.BEFORE, 30),
        ("This month", ("2026-05-01", "2026-05-09"), periods.BEFORE, 30),  # with the first days of April
        ("Last month", ("2026-03-01", "2026-03-31"), periods.BEFORE, 31),  # February has not so many
        ("This year", ("2026-01-01", "2026-05-09"), periods.BEFORE, 365),
        ("This week", ("2026-05-04", "2026-05-09"), periods.BEFORE, 7),
        ("7 days", ("2026-05-03", "2026-05-09"), periods.YEAR, 364),  # the same weekdays
        ("7 days", ("2026-05-03", "2026-05-09"), periods.NOTHING, 0),
    ],
)
def test_days_are_compared_with_those_so_much_earlier(
    name: str, days: tuple[str, str], compared: str, earlier: int
) -> None:
    assert periods.before_days(periods.unit_of(name, span(*days)), compared, span(*days)) == earlier


@pytest.mark.parametrize(("days", "grain"), [(90, Grain.DAY), (91, Grain.WEEK), (731, Grain.WEEK), (732, Grain.MONTH)])
def test_the_grain_follows_the_range(days: int, grain: Grain) -> None:
    first = CHOICES.last - timedelta(days=days - 1)
    assert Selection(first, CHOICES.last, CHOICES.last).usual_grain is grain


def test_an_address_of_what_is_there_is_usable() -> None:
    asked = {RANGE: [CUSTOM], DATES: ["2026-02-01", "2026-02-03"], REPOSITORY: ["blue/docs", "blue/engine"]}
    assert filters.unusable(asked, CHOICES) == []
    today = CHOICES.last + timedelta(days=1)
    assert filters.unusable({DATES: [str(CHOICES.first), str(today)]}, CHOICES) == []


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("key", [*filters.WORDS, REPOSITORY, DATES, "page"])
def test_what_is_not_there_is_unusable(key: str, value: str) -> None:
    assert len(filters.unusable({key: [value]}, CHOICES)) == 1


@pytest.mark.parametrize("days", [["2024-12-30", "2026-02-01"], ["2026-05-01", "2026-05-11"], ["2026-02-01"] * 3])
def test_days_out_of_reach_or_too_many_are_unusable(days: list[str]) -> None:
    assert filters.unusable({DATES: days}, CHOICES) == [DATES]


def test_what_other_software_writes_into_addresses_is_nobodys_business() -> None:
    assert filters.unusable({"utm_source": ["mail"]}, CHOICES) == []
