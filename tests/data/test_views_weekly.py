"""v_weekly: GitHub's own week where it is whole, else the days added up and told to be so."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from collector.endpoints.traffic import DayReading, TrafficObservation, TrafficWindow
from collector.endpoints.weeks import WeeklyObservation, WeekReading
from data.accounts.tenants import add_tenant
from data.collection.models import EndpointResult
from data.repositories.models import RepositoryFacts
from data.repositories.repositories import add_repositories, pause_repositories
from data.store import Store
from data.traffic.models import Metric
from tests.data.writers import NOW, result, save

TODAY = date(2026, 5, 10)  # a Sunday
LONG_AGO, LAST_WEEK, THIS_WEEK = date(2026, 3, 2), date(2026, 4, 27), date(2026, 5, 4)
VIEWS = "week, views, view_uniques, visitor_days, views_state"
CLONES = "week, clones, clone_uniques, cloner_days, clones_state"
Rows = list[tuple[Any, ...]]


@pytest.fixture
def key(store: Store) -> int:
    """A repository that a tenant follows."""
    tenant = add_tenant(store, "Blue", "daily", NOW)
    facts = RepositoryFacts(7, "blue/engine", "public", False, False)
    return add_repositories(store, tenant.tenant_id, [facts], NOW)[0].repository_id


def days(key: int, first: date, number: int, metric: Metric = Metric.VIEWS, requests: int = 10) -> EndpointResult:
    """An answer that covers so many days, each with 10 requests by 3 people."""
    readings = tuple(DayReading(first + timedelta(days=n), requests, 3) for n in range(number))
    window = TrafficWindow(first, readings[-1].day, requests * number, None)
    return result(key, metric.value, TrafficObservation(metric, readings, window))


def week(key: int, monday: date, *, complete: bool = True, metric: Metric = Metric.VIEWS) -> EndpointResult:
    """GitHub's own week: 77 requests by 5 people."""
    seen = WeeklyObservation(metric, (WeekReading(monday, 77, 5, complete),))
    return result(key, f"weekly_{metric.value}", seen)


def weeks(store: Store, columns: str = VIEWS, today: date = TODAY) -> Rows:
    """All weeks on the day TODAY, oldest first."""
    with store.traffic.read() as cursor:
        cursor.execute("set variable today = $today", {"today": today})
        return cursor.sql("from v_weekly").project(columns).order("week").fetchall()


def test_a_week_that_github_counted_whole_has_its_count_and_its_true_uniques(store: Store, key: int) -> None:
    save(store, days(key, LONG_AGO, 7), week(key, LONG_AGO))
    assert weeks(store)[0] == (LONG_AGO, 77, 5, 21, "final")


@pytest.mark.parametrize("number", [7, 8])
def test_a_count_of_github_below_its_own_days_does_not_stand(store: Store, key: int, number: int) -> None:
    save(store, days(key, LONG_AGO, 7, requests=12), week(key, LONG_AGO), days(key, LONG_AGO, number, Metric.CLONES))
    assert weeks(store)[0] == (LONG_AGO, 84, None, 21, "final")


def test_days_that_contradict_a_whole_week_leave_it_open_where_some_are_missing(store: Store, key: int) -> None:
    save(store, week(key, LONG_AGO), days(key, LONG_AGO, 6, requests=20))
    assert weeks(store)[0] == (LONG_AGO, 120, None, 18, "gap")


def test_the_last_week_of_a_history_that_ended_lacks_days_once_github_has_forgotten_them(
    store: Store, key: int
) -> None:
    save(store, replace(days(key, LAST_WEEK, 1), finished_at=NOW - timedelta(days=13)))
    pause_repositories(store, [key], NOW)
    for later, state in ((0, "pending"), (1, "pending"), (2, "gap")):  # its Tuesday is shown for 13 days
        assert weeks(store, today=TODAY + timedelta(days=later)) == [(LAST_WEEK, 10, None, 3, state)]


def test_a_week_that_github_did_not_count_whole_is_the_sum_of_its_days(store: Store, key: int) -> None:
    save(store, days(key, LONG_AGO, 7), week(key, LONG_AGO, complete=False))
    assert weeks(store)[0] == (LONG_AGO, 70, None, 21, "final")


@pytest.mark.parametrize(("missing", "state"), [(1, "gap"), (5, "gap")])
def test_a_week_with_lost_days_says_so_beside_the_sum_of_the_others(
    store: Store, key: int, missing: int, state: str
) -> None:
    save(store, days(key, LONG_AGO - timedelta(days=7), 14 - missing), days(key, LONG_AGO + timedelta(days=7), 1))
    assert weeks(store)[1] == (LONG_AGO, 70 - 10 * missing, None, 21 - 3 * missing, state)


def test_the_week_in_which_the_history_begins_lacks_the_days_before(store: Store, key: int) -> None:
    save(store, days(key, LONG_AGO + timedelta(days=2), 5))
    assert weeks(store)[0] == (LONG_AGO, 50, None, 15, "gap")


def test_the_running_week_is_pending(store: Store, key: int) -> None:
    save(store, days(key, LAST_WEEK, 13))
    assert weeks(store) == [(LAST_WEEK, 70, None, 21, "final"), (THIS_WEEK, 60, None, 18, "pending")]


def test_a_whole_week_without_any_day_is_there_and_says_nothing_of_the_other_metric(store: Store, key: int) -> None:
    save(store, week(key, LONG_AGO), week(key, LAST_WEEK))
    assert weeks(store) == [(LONG_AGO, 77, 5, None, "final"), (LAST_WEEK, 77, 5, None, "final")]
    assert weeks(store, CLONES) == [(LONG_AGO, None, None, None, "gap"), (LAST_WEEK, None, None, None, "pending")]


def test_a_week_of_a_metric_that_was_never_seen_is_unknown_and_not_zero(store: Store, key: int) -> None:
    save(store, days(key, LONG_AGO, 14), week(key, LONG_AGO))
    assert weeks(store, CLONES)[0] == (LONG_AGO, None, None, None, "gap")


def test_clones_are_told_as_views_are(store: Store, key: int) -> None:
    save(store, days(key, LONG_AGO, 14, Metric.CLONES), week(key, LONG_AGO, metric=Metric.CLONES))
    told = weeks(store, CLONES)[:2]
    assert told == [(LONG_AGO, 77, 5, 21, "final"), (LONG_AGO + timedelta(days=7), 70, None, 21, "final")]


def test_a_part_of_a_week_without_days_is_no_week(store: Store, key: int) -> None:
    save(store, week(key, LONG_AGO, complete=False))
    assert weeks(store) == []


def test_a_week_names_its_repository_and_tenant(store: Store, key: int) -> None:
    save(store, days(key, LAST_WEEK, 7))
    assert weeks(store, "week, repository_id, tenant_id, tenant, full_name")[0][1:] == (key, 1, "Blue", "blue/engine")
