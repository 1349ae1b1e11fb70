"""Which endpoints fail while their last good answer grows old; and the first day at risk where there are holes."""

from datetime import datetime, timedelta

import pytest

from collector.endpoints.stars import StarObservation
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Viewer
from data.accounts.tenants import add_tenant, operator
from data.collection.models import EndpointResult, Outcome, StateChange
from data.repositories.health import stale_endpoints, with_open_days
from data.repositories.models import RepositoryFacts, RepositoryState
from data.repositories.repositories import add_repositories
from data.store import Store
from data.traffic.models import Metric
from data.traffic.traffic import repository_summaries
from tests.data.reading import ago, answer, plain
from tests.data.writers import NOW, result, save
from tests.data.written_once import written_once

DAY = timedelta(days=1)
FACTS = RepositoryFacts(7, "blue/engine", "public", False, False)


@pytest.fixture
@written_once
def key(store: Store) -> int:
    """A repository that a tenant has followed for 40 days."""
    tenant = add_tenant(store, COMMAND_LINE, "Blue", "daily", NOW - 40 * DAY)
    return add_repositories(store, COMMAND_LINE, tenant.tenant_id, [FACTS], NOW - 40 * DAY)[0].repository_id


def good(key: int, endpoint: str, days: int) -> EndpointResult:
    return result(key, endpoint, StarObservation(()), NOW - days * DAY)


def failed(key: int, endpoint: str, at: datetime = NOW, reason: str = "No access.") -> EndpointResult:
    return EndpointResult(key, endpoint, at, Outcome.NO_PERMISSION, 9, 403, reason)


@pytest.mark.parametrize(
    ("endpoint", "days", "expected"),
    [
        ("referrers", 1, False),
        ("referrers", 2, True),
        ("paths", 20, True),
        ("star_history", 6, False),
        ("releases", 7, True),
        ("views", 20, False),
    ],
)
def test_an_endpoint_is_stale_when_it_fails_and_its_last_good_answer_is_old(
    store: Store, key: int, endpoint: str, days: int, expected: bool
) -> None:
    save(store, good(key, endpoint, days))
    save(store, failed(key, endpoint, NOW - DAY / 2, "Another."), failed(key, endpoint))
    seen = [(e.endpoint, e.last_good_at, e.reason) for e in stale_endpoints(operator(store), store, NOW)]
    assert seen == ([(endpoint, NOW - days * DAY, "No access.")] if expected else [])


def test_what_was_not_tried_since_or_answers_again_is_not_stale(store: Store, key: int) -> None:
    save(store, good(key, "referrers", 20))
    assert stale_endpoints(operator(store), store, NOW) == ()
    save(store, failed(key, "referrers", NOW - DAY))
    save(store, good(key, "referrers", 0))
    assert stale_endpoints(operator(store), store, NOW) == ()


def test_what_never_answered_well_is_as_old_as_the_repository(store: Store, key: int) -> None:
    save(store, failed(key, "paths"))
    (each,) = stale_endpoints(operator(store), store, NOW)
    assert (each.full_name, each.tenant, each.last_good_at) == ("blue/engine", "Blue", None)
    assert stale_endpoints(operator(store), store, NOW - 39 * DAY) == ()


def test_nothing_is_told_of_what_is_refused_as_a_whole_or_not_visible(store: Store, key: int) -> None:
    save(store, failed(key, "paths"))
    assert stale_endpoints(Viewer(frozenset(), frozenset({1})), store, NOW) == ()
    change = StateChange(RepositoryState.BLOCKED, "No.")
    save(store, EndpointResult(key, "views", NOW, Outcome.NO_PERMISSION, 9, 403, "No.", state_change=change))
    assert stale_endpoints(operator(store), store, NOW) == ()


@pytest.mark.parametrize(("hole", "left"), [(5, 8), (13, 0), (14, 13)])
def test_a_hole_that_github_still_shows_is_the_first_day_at_risk(store: Store, key: int, hole: int, left: int) -> None:
    """Of clones all is there; of views a day is missing between two answers."""
    save(store, answer(key, Metric.CLONES, [1] * 30), answer(key, Metric.VIEWS, [1] * (hole - 1)))
    save(store, answer(key, Metric.VIEWS, [1] * 9, NOW - hole * DAY))
    (each,) = with_open_days(operator(store), store, NOW.date())
    assert each.days_until_loss == left
    assert (ago(hole) in {e.first_day for e in each.pending}) is (hole < 14)
    assert [row[8] for row in plain(repository_summaries(operator(store), store, NOW.date()))] == [left]
