"""Filters: what an address asks for becomes days and repositories, and what makes no sense is left out and said."""

from datetime import date, timedelta

import pytest

from pages.ui import filters
from pages.ui.filters import ALL, CUSTOM, DATES, DEFAULT_RANGE, RANGE, RANGES, REPOSITORY, Offer

OFFER = Offer({1: "blue/engine", 2: "blue/docs"}, date(2026, 1, 1), date(2026, 5, 9))
HOSTILE = ["nope", "", "<script>alert(1)</script>", "' or 1=1 --", "x" * 5000, "\u202e", "%00"]


@pytest.mark.parametrize(
    ("name", "picked", "days"),
    [
        (DEFAULT_RANGE, None, (date(2026, 4, 9), date(2026, 5, 9))),  # the last 31 days up to yesterday
        (ALL, None, (date(2026, 1, 1), date(2026, 5, 9))),
        (CUSTOM, (date(2026, 2, 1), date(2026, 2, 3)), (date(2026, 2, 1), date(2026, 2, 3))),
        (CUSTOM, (date(2026, 2, 3), date(2026, 2, 1)), (date(2026, 2, 1), date(2026, 2, 3))),
        (CUSTOM, (date(2026, 2, 1),), (date(2026, 2, 1), date(2026, 2, 1))),  # the second is not picked yet
        (CUSTOM, (), (date(2026, 4, 9), date(2026, 5, 9))),
    ],
)
def test_a_range_has_its_days(name: str, picked: tuple[date, ...] | None, days: tuple[date, date]) -> None:
    assert filters.days_of(name, picked, OFFER) == days


def test_all_is_a_day_where_nothing_but_today_is_known() -> None:
    offer = Offer(OFFER.names, OFFER.last + timedelta(days=1), OFFER.last)
    assert filters.days_of(ALL, None, offer) == (OFFER.last, OFFER.last)


@pytest.mark.parametrize(("name", "days"), [(name, days) for name, days in RANGES.items() if days])
def test_a_preset_has_as_many_days_as_it_says(name: str, days: int) -> None:
    first, last = filters.days_of(name, None, OFFER)
    assert (last - first).days + 1 == days


def test_an_address_of_what_is_there_is_usable() -> None:
    asked = {RANGE: [CUSTOM], DATES: ["2026-02-01", "2026-02-03"], REPOSITORY: ["blue/docs", "blue/engine"]}
    assert filters.unusable(asked, OFFER) == []
    today = OFFER.last + timedelta(days=1)
    assert filters.unusable({DATES: [str(OFFER.first), str(today)]}, OFFER) == []


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("key", [*filters.WORDS, REPOSITORY, DATES, "page"])
def test_what_is_not_there_is_unusable(key: str, value: str) -> None:
    assert len(filters.unusable({key: [value]}, OFFER)) == 1


@pytest.mark.parametrize("days", [["2025-12-31", "2026-02-01"], ["2026-05-01", "2026-05-11"], ["2026-02-01"] * 3])
def test_days_out_of_reach_or_too_many_are_unusable(days: list[str]) -> None:
    assert filters.unusable({DATES: days}, OFFER) == [DATES]


def test_what_other_software_writes_into_addresses_is_nobodys_business() -> None:
    assert filters.unusable({"utm_source": ["mail"]}, OFFER) == []
