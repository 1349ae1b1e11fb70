"""When a near loss is an alarm: not while all went as scheduled and the next collection comes in time."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.commands.status import near_loss
from data.repositories.models import Repository, RepositoryHealth, RepositoryState
from data.traffic.models import Metric

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
COLLECTED = datetime(2026, 5, 6, 6, 16, tzinfo=UTC)  # a Wednesday, at the time of the weekly schedule
WEEKLY, DAILY, MONTHLY = "weekly", "daily", "15 6 6 * *"


def health(left: int | None, *metrics: Metric) -> RepositoryHealth:
    """A repository with so many days left, that was last collected at COLLECTED."""
    repository = Repository(1, 1, 1, "octo/one", RepositoryState.ACTIVE)
    good = dict.fromkeys(metrics or tuple(Metric), COLLECTED)
    return RepositoryHealth(repository, "acme", good, left, 0, 0)


def alarms(schedule: str, after: timedelta, left: int | None = None, *metrics: Metric) -> bool:
    """Whether it is an alarm so long after the last collection, whose newest day was the day before."""
    now = COLLECTED + after
    left = 13 - (now.date() - COLLECTED.date()).days if left is None else left
    return bool(near_loss([health(left, *metrics)], {1: schedule}, now))


@pytest.mark.parametrize("hours", range(0, 7 * 24 + 23, 5))
def test_a_weekly_schedule_that_is_kept_is_never_an_alarm_nor_while_it_is_a_day_late(hours: int) -> None:
    assert not alarms(WEEKLY, HOUR * hours)


@pytest.mark.parametrize("days", [8, 9, 12, 13, 20])
def test_a_weekly_collection_that_was_missed_is_an_alarm_from_the_next_day_on(days: int) -> None:
    assert alarms(WEEKLY, DAY * days)


@pytest.mark.parametrize(("days", "alarm"), [(1, False), (5, False), (6, True), (10, True), (20, True)])
def test_a_daily_schedule_that_is_not_kept_is_an_alarm_a_week_before_the_loss(days: int, alarm: bool) -> None:
    assert alarms(DAILY, DAY * days) is alarm


@pytest.mark.parametrize(("days", "alarm"), [(5, False), (6, True), (12, True)])
def test_a_schedule_that_comes_too_late_is_an_alarm_though_it_is_kept(days: int, alarm: bool) -> None:
    assert alarms(MONTHLY, DAY * days) is alarm


@pytest.mark.parametrize("schedule", [DAILY, WEEKLY])
@pytest.mark.parametrize("left", [0, 4, 7])
def test_a_day_that_the_last_collection_did_not_bring_is_an_alarm_on_any_schedule(schedule: str, left: int) -> None:
    assert alarms(schedule, HOUR, left)


def test_a_metric_that_was_never_collected_is_an_alarm() -> None:
    assert alarms(WEEKLY, DAY * 6, 7, Metric.VIEWS)


@pytest.mark.parametrize("schedule", ["", "never", "0 0 31 2 *"])
def test_a_schedule_that_never_comes_saves_nothing(schedule: str) -> None:
    assert alarms(schedule, DAY * 6)


def test_what_has_time_or_is_not_collected_is_no_alarm() -> None:
    assert near_loss([health(8), health(None)], {1: DAILY}, COLLECTED + DAY) == []
