"""How each visible repository stands, with nothing of those that the viewer may not see."""

from datetime import timedelta

import pytest

from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.repositories.health import health
from data.repositories.models import OpenDays, RepositoryHealth, RepositoryState
from data.store import Store
from data.traffic.models import Metric
from tests.data.filled import DOCS, ENGINE, MIRROR, NEW, TELESCOPE, TODAY, days_ago
from tests.data.writers import NOW


@pytest.fixture
def told(full: Store) -> dict[int, RepositoryHealth]:
    return {each.repository.repository_id: each for each in health(operator(full), full, NOW)}


def both(first: int, last: int) -> tuple[OpenDays, ...]:
    return tuple(OpenDays(metric, days_ago(first), days_ago(last)) for metric in Metric)


def test_the_most_urgent_repository_comes_first(told: dict[int, RepositoryHealth]) -> None:
    assert list(told) == [DOCS, ENGINE, MIRROR, NEW, TELESCOPE]


def test_a_repository_that_is_well_waits_for_today_only(told: dict[int, RepositoryHealth]) -> None:
    engine = told[ENGINE]
    assert (engine.pending, engine.gaps, engine.pending_days, engine.gap_days) == (both(0, 0), (), 3, 0)
    assert (engine.tenant, engine.days_until_loss) == ("Blue", 13)
    assert engine.last_good_at == {Metric.VIEWS: NOW, Metric.CLONES: NOW}


def test_a_blocked_repository_tells_why_and_how_long_there_is_time(told: dict[int, RepositoryHealth]) -> None:
    docs, last_good = told[DOCS], NOW - timedelta(days=7)
    assert (docs.repository.state, docs.repository.full_name) == (RepositoryState.BLOCKED, "blue/docs")
    assert docs.repository.state_reason == "The token may not read its traffic."
    assert docs.last_good_at == {Metric.VIEWS: last_good, Metric.CLONES: last_good}
    assert (docs.pending, docs.days_until_loss) == (both(7, 0), 6)


def test_days_that_nobody_fetched_in_time_are_told_as_gaps(told: dict[int, RepositoryHealth]) -> None:
    assert (told[TELESCOPE].gaps, told[TELESCOPE].gap_days) == (both(91, 71), 21)


def test_a_repository_that_was_never_collected_has_no_good_answer(told: dict[int, RepositoryHealth]) -> None:
    new = told[NEW]
    assert (new.last_good_at, new.gaps, new.pending, new.days_until_loss) == ({}, (), both(0, 0), 13)


@pytest.mark.parametrize("later", [14, 20])
def test_as_time_goes_by_pending_days_become_gaps(full: Store, later: int) -> None:
    seen = health(Viewer(frozenset({ENGINE}), frozenset()), full, NOW + timedelta(days=later))
    lost = tuple(OpenDays(m, TODAY, TODAY + timedelta(days=later - 14)) for m in Metric)
    assert [(each.gaps, each.days_until_loss) for each in seen] == [(lost, 13 - later)]


@pytest.mark.parametrize("visible", [set(), {TELESCOPE}, {ENGINE, NEW, 999}])
def test_a_viewer_is_told_of_visible_repositories_only(full: Store, visible: set[int]) -> None:
    seen = health(Viewer(frozenset(visible), frozenset({1, 2})), full, NOW)
    assert {each.repository.repository_id for each in seen} == visible - {999}
