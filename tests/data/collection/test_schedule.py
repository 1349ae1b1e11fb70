"""Schedules as people write them, and the moments that follow; what is due at a moment."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.accounts.models import Tenant
from data.calendar import is_whole_week
from data.collection.models import CollectableRepository, EndpointState, Outcome
from data.collection.schedule import (
    DueWork,
    ScheduleContext,
    ScheduleRefused,
    checked_schedule,
    due_work,
    last_time,
    next_due,
    next_time,
    next_times,
    schedule_fault,
    schedule_warning,
)
from data.repositories.models import Repository, RepositoryState

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)  # a Tuesday; the last time of `daily` was 06:15
MORNING = NOON.replace(hour=6, minute=15)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SCHEDULES = st.sampled_from(["daily", "weekly", "30 */6 * * *", "* * * * *", "0 0 29 2 *", "5 4 1,15 * MON"])
ACME, BLUE = Tenant(1, "acme", "daily", True), Tenant(2, "blue", "weekly", True)


def test_daily_is_three_times_a_day() -> None:
    times = [f"{at:%d %H:%M}" for at in islice(next_times("daily", NOON), 4)]
    assert times == ["12 14:15", "12 22:15", "13 06:15", "13 14:15"]


def test_weekly_is_a_morning_on_which_a_whole_week_is_to_be_had() -> None:
    assert next_time("weekly", NOON) == datetime(2026, 5, 13, 6, 15, tzinfo=UTC)
    assert last_time("weekly", NOON) == datetime(2026, 5, 6, 6, 15, tzinfo=UTC)
    assert is_whole_week(date(2026, 5, 4), next_time("weekly", NOON).date())


@given(SCHEDULES, MOMENTS)
def test_now_lies_between_the_last_time_and_the_next(schedule: str, now: datetime) -> None:
    last, following = last_time(schedule, now), next_time(schedule, now)
    assert last <= now < following
    assert next_time(schedule, last) == following
    assert last_time(schedule, following) == following


def test_a_moment_in_another_zone_is_the_same_moment() -> None:
    there = NOON.astimezone(tz=datetime.fromisoformat("2026-01-01T00:00:00+09:00").tzinfo)
    assert next_time("daily", there) == next_time("daily", NOON)


@pytest.mark.parametrize("written", ["Daily", " weekly ", "0  5 * * *", "0 5 * * MON-FRI"])
def test_a_schedule_is_stored_in_one_form(written: str) -> None:
    assert checked_schedule(checked_schedule(written)) == checked_schedule(written)


@pytest.mark.parametrize("written", ["", "hourly", "99 * * * *", "* * * *", "* * * * * *", "0 0 31 2 *", "@daily", "é"])
def test_what_is_no_schedule_is_refused_with_what_one_looks_like(written: str) -> None:
    with pytest.raises(ScheduleRefused, match="daily"):
        checked_schedule(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0 0 29 2 *", "pauses for up to 1,461, "),
        ("0 0 1 * *", "pauses for up to 31, "),
        ("0 0 1,15 * *", "pauses for up to 17, "),
        ("0 0 * 1-11 *", "pauses for up to 32, "),
        ("* * * * *", "more often than once an hour"),
        ("*/59 * * * *", "more often than once an hour"),
    ],
)
def test_a_schedule_that_loses_days_or_asks_in_vain_is_refused_with_the_reason(written: str, expected: str) -> None:
    with pytest.raises(ScheduleRefused, match=expected):
        checked_schedule(written)


def test_one_of_before_that_asks_too_often_is_warned_of_and_one_that_loses_days_has_a_fault() -> None:
    assert "more often" in (schedule_warning("* * * * *") or "")
    assert (schedule_fault("* * * * *"), schedule_warning("0 0 1 * *")) == (None, None)
    assert "loses days" in (schedule_fault("0 0 1 * *") or "")


@pytest.mark.parametrize(
    ("written", "warned"),
    [
        *((written, "") for written in ("daily", "weekly", "0 * * * *", "0,30 6 * * *", "0 5 * * SUN")),
        ("0 0 1,8,15,22 * *", "up to 10 days"),
        ("0 0 1,13,25 * *", "up to 12 days"),
    ],
)
def test_one_that_is_less_than_weekly_is_taken_with_a_warning(written: str, warned: str) -> None:
    assert checked_schedule(written) == written
    assert warned in (schedule_warning(written) or "")
    assert bool(schedule_warning(written)) == bool(warned)


def found(
    key: int, tried: datetime | None, state: RepositoryState = RepositoryState.ACTIVE, tenant: int = 1
) -> CollectableRepository:
    """A repository whose views were last asked for at `tried`."""
    endpoints = {} if tried is None else {"views": EndpointState(tried, tried, Outcome.OK)}
    return CollectableRepository(Repository(key, tenant, key, f"octo/r{key}", state), endpoints)


def due(
    *repositories: CollectableRepository,
    tenants: Mapping[int, datetime] | None = None,
    tried: Mapping[int, datetime] | None = None,
    with_token: bool = True,
) -> DueWork:
    """What is due at noon, after the timer began those tenants and repositories at those moments."""
    tokens = frozenset({1, 2} if with_token else ())
    return due_work(ScheduleContext((ACME, BLUE), repositories, tokens, tenants or {}, tried or {}), NOON)


def test_nothing_is_due_where_all_was_collected_since_the_last_time() -> None:
    assert due(found(1, MORNING), found(2, NOON)) == DueWork((), ())


def test_a_missed_time_is_caught_up() -> None:
    assert due(found(1, MORNING - timedelta(minutes=1)), found(2, NOON)) == DueWork((1,), ())


def test_each_tenant_has_a_schedule_of_its_own() -> None:
    yesterday = MORNING - timedelta(hours=8)
    assert due(found(1, yesterday), found(2, yesterday, tenant=2)) == DueWork((1,), ())


def test_a_repository_never_collected_is_due_alone() -> None:
    assert due(found(1, NOON), found(2, None), found(3, None, tenant=2)) == DueWork((), (2, 3))


def test_a_new_repository_comes_along_when_its_tenant_is_due() -> None:
    assert due(found(1, MORNING - timedelta(days=1)), found(2, None)) == DueWork((1,), ())


def test_what_a_run_left_undone_is_tried_again_after_an_hour_but_not_at_once() -> None:
    old = found(1, MORNING - timedelta(days=1))
    assert due(old, tenants={1: NOON - timedelta(minutes=59)}) == DueWork((), ())
    assert due(old, tenants={1: NOON - timedelta(minutes=61)}) == DueWork((1,), ())
    assert due(found(1, None), tried={1: NOON - timedelta(minutes=59)}) == DueWork((), ())


def test_without_a_token_it_is_tried_once_at_each_time() -> None:
    old = found(1, MORNING - timedelta(days=1))
    assert due(old, tenants={1: MORNING}, with_token=False) == DueWork((), ())
    assert due(old, tenants={1: MORNING - timedelta(hours=8)}, with_token=False) == DueWork((1,), ())


def test_a_refused_repository_rests_before_its_tenant_is_due_for_it() -> None:
    refused = RepositoryState.UNAVAILABLE
    assert due(found(1, NOON - timedelta(hours=19), refused)) == DueWork((), ())
    assert due(found(1, NOON - timedelta(hours=21), refused)) == DueWork((1,), ())


def test_a_schedule_that_cannot_be_read_stops_its_tenant_only() -> None:
    odd = Tenant(3, "odd", "never again", True)
    old = MORNING - timedelta(days=1)
    situation = ScheduleContext((odd, ACME), (found(1, old, tenant=3), found(2, old)), frozenset({1, 3}), {}, {})
    assert due_work(situation, NOON) == DueWork((1,), ())
    assert next_due((odd, ACME, BLUE), NOON)[0] == (NOON.replace(hour=14, minute=15), ACME)
