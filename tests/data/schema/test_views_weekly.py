"""v_weekly: GitHub's own week where it is whole, else the days added up and shown to be so."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from collector.endpoints.traffic import DayReading, TrafficObservation, TrafficWindow, WeeklyObservation, WeekReading
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant
from data.calendar import DayRange
from data.collection.models import EndpointResult
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, pause_repositories
from data.store import Store
from data.traffic.models import Metric
from tests.data.writers import NOW, result, save
from tests.data.written_once import written_once

TODAY = date(2026, 5, 10)  # a Sunday
LONG_AGO, LAST_WEEK, THIS_WEEK = date(2026, 3, 2), date(2026, 4, 27), date(2026, 5, 4)
VIEWS = "week, views, view_uniques, visitor_days, views_state"
CLONES = "week, clones, clone_uniques, cloner_days, clones_state"
Rows = list[tuple[Any, ...]]


@pytest.fixture
@written_once
def key(store: Store) -> int:
    """A repository that a tenant follows."""
    tenant = add_tenant(store, COMMAND_LINE, "Blue", "daily", NOW)
    facts = RepositoryFacts(7, "blue/engine", "public", False, False)
    return add_repositories(store, COMMAND_LINE, tenant.tenant_id, [facts], NOW)[0].repository_id


def days(key: int, *, number: int, start: int = 0, metric: Metric = Metric.VIEWS, requests: int = 10) -> EndpointResult:
    """An answer that covers so many days from the start-th after LONG_AGO on, each with 10 requests by 3 people."""
    readings = tuple(DayReading(LONG_AGO + timedelta(days=start + n), requests, 3) for n in range(number))
    window = TrafficWindow(readings[0].day, readings[-1].day, requests * number, None)
    return result(key, metric.value, TrafficObservation(metric, readings, window))


def week(key: int, *, complete: bool = True, metric: Metric = Metric.VIEWS) -> EndpointResult:
    """GitHub's own week from LONG_AGO on: 77 requests by 5 people."""
    seen = WeeklyObservation(metric, (WeekReading(LONG_AGO, 77, 5, complete),))
    return result(key, f"weekly_{metric.value}", seen)


def weeks(store: Store, columns: str = VIEWS, today: date = TODAY, asked: DayRange | None = None) -> Rows:
    """All weeks on the day TODAY, oldest first."""
    days = {"first_day": asked.first, "last_day": asked.last} if asked else {}
    with store.traffic.read(today=today, **days) as cursor:
        return cursor.sql("from v_weekly").project(columns).order("week").fetchall()


@pytest.mark.parametrize(
    ("seen", "first"),
    [
        ([partial(days, number=7), week], (70, 5, 21, "final")),
        ([partial(days, number=7), partial(week, complete=False)], (70, None, 21, "final")),
        (
            [partial(days, number=7, requests=12), week],
            (84, None, 21, "final"),
        ),  # a count below its days does not stand
        ([week, partial(days, number=6, requests=20)], (120, None, 18, "gap")),
        ([partial(days, number=4), partial(days, start=7, number=1)], (40, None, 12, "gap")),
        ([partial(days, start=2, number=5)], (50, None, 15, "gap")),  # the history begins within it
        ([week], (None, 5, None, "gap")),
    ],
)
def test_a_week_is_the_sum_of_its_days_beside_github_s_own_uniques_where_it_is_whole(
    store: Store, key: int, seen: Sequence[Callable[..., EndpointResult]], first: tuple[object, ...]
) -> None:
    save(store, *(each(key) for each in seen))
    assert weeks(store)[0] == (LONG_AGO, *first)
    assert weeks(store, CLONES)[0] == (LONG_AGO, None, None, None, "gap"), "of the other metric nothing is known"


@pytest.mark.parametrize("number", [7, 8])
def test_a_count_of_views_below_its_own_days_does_not_stand_whatever_clones_there_are(
    store: Store, key: int, number: int
) -> None:
    save(store, days(key, number=7, requests=12), week(key), days(key, number=number, metric=Metric.CLONES))
    assert weeks(store)[0] == (LONG_AGO, 84, None, 21, "final")


def test_a_missing_day_is_no_part_of_the_sum_and_github_s_whole_count_stands_beside_it(store: Store, key: int) -> None:
    save(store, week(key), days(key, number=4))
    assert weeks(store, f"{VIEWS}, views_by_github, views_days")[:1] == [(LONG_AGO, 40, 5, 12, "gap", 77, 4)]


def test_of_a_week_that_is_only_partly_asked_for_the_days_asked_for_count(store: Store, key: int) -> None:
    save(store, days(key, number=14), week(key))
    asked = DayRange(LONG_AGO + timedelta(days=2), LONG_AGO + timedelta(days=13))
    assert weeks(store, f"{VIEWS}, views_by_github", asked=asked) == [
        (LONG_AGO, 50, None, 15, "partial", None),
        (LONG_AGO + timedelta(days=7), 70, None, 21, "final", None),
    ]


def test_the_last_week_of_a_history_that_ended_lacks_days_once_github_has_forgotten_them(
    store: Store, key: int
) -> None:
    save(store, replace(days(key, number=1, start=56), finished_at=NOW - timedelta(days=13)))
    pause_repositories(store, COMMAND_LINE, [key], NOW)
    for later, state in ((0, "pending"), (1, "pending"), (2, "gap")):  # its Tuesday is shown for 13 days
        assert weeks(store, today=TODAY + timedelta(days=later)) == [(LAST_WEEK, 10, None, 3, state)]


def test_the_running_week_is_pending(store: Store, key: int) -> None:
    save(store, days(key, start=56, number=13))
    assert weeks(store) == [(LAST_WEEK, 70, None, 21, "final"), (THIS_WEEK, 60, None, 18, "pending")]
    assert weeks(store, CLONES)[0] == (LAST_WEEK, None, None, None, "pending")


def test_clones_are_told_as_views_are(store: Store, key: int) -> None:
    save(store, days(key, number=14, metric=Metric.CLONES), week(key, metric=Metric.CLONES))
    clones = weeks(store, CLONES)[:2]
    assert clones == [(LONG_AGO, 70, 5, 21, "final"), (LONG_AGO + timedelta(days=7), 70, None, 21, "final")]


def test_a_part_of_a_week_without_days_is_no_week(store: Store, key: int) -> None:
    save(store, week(key, complete=False))
    assert weeks(store) == []


def test_a_week_names_its_repository_and_tenant(store: Store, key: int) -> None:
    save(store, days(key, number=7))
    assert weeks(store, "week, repository_id, tenant_id, tenant, full_name")[0][1:] == (key, 1, "Blue", "blue/engine")
