"""How a repository stands, in words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data.repositories.models import RepositoryState
from pages.ui.repository_status import Status, is_urgent, note, warn_days

COLLECTED_AT = datetime(2026, 5, 3, 14, 15, tzinfo=UTC)


def status(left: int | None, state: RepositoryState = RepositoryState.ACTIVE, reason: str | None = None) -> Status:
    return Status(state, reason, left, COLLECTED_AT)


@pytest.mark.parametrize(("left", "urgent"), [(13, False), (8, False), (7, True), (0, True), (-2, True), (None, False)])
def test_seven_days_until_loss_are_urgent(left: int | None, urgent: bool) -> None:
    assert is_urgent(status(left)) is urgent
    assert bool(note(status(left))) is urgent


@pytest.mark.parametrize(
    ("schedule", "days"),
    [("daily", 7), ("weekly", 3), ("0 0 * * *", 7), ("0 6 * * MON,THU", 6), ("0 0 1 * *", 1), ("never", 7)],
)
def test_one_that_is_collected_rarely_is_late_when_a_time_was_missed(schedule: str, days: int) -> None:
    assert warn_days(schedule, COLLECTED_AT) == days
    assert [is_urgent(replace(status(left), warn_at=days)) for left in (days + 1, days)] == [False, True]


@pytest.mark.parametrize("state", [RepositoryState.PAUSED, RepositoryState.REMOVED])
def test_what_its_people_have_put_on_hold_is_not_urgent(state: RepositoryState) -> None:
    assert not is_urgent(status(None, state))


def test_what_github_refuses_tells_githubs_reason_and_the_time_left() -> None:
    told = note(status(1, RepositoryState.UNAVAILABLE, "GitHub answers 404: it was deleted."))
    assert told.startswith("GitHub answers 404: it was deleted.")
    assert "in 1 day." in told


def test_a_late_repository_tells_when_it_was_collected_and_what_to_do() -> None:
    told = note(status(-1))
    assert "Last collected 3 May 2026, 14:15 UTC." in told
    assert "being lost" in told
    assert "can collect it now" in told
