"""GitHub's limits are obeyed: waited for where that is short, and otherwise the perishable came first."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import pytest

from collector.rate_limit import RateLimiter
from data.collection.models import RunState
from tests.collector.run.collecting import (
    HOUR,
    MINUTE,
    NOW,
    OTHER_SECRET,
    OWNER_ID,
    SECRET,
    Collection,
    shown_views,
    small_world,
)
from tests.fake_github import FakeGitHub, Token, Trigger


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """GitHub with eight repositories: 8 times 9 requests are due in the first run."""
    with FakeGitHub(small_world(8), now=NOW) as github:
        yield github


def all_is_stored(collection: Collection) -> bool:
    """Whether all views that GitHub showed on the first day are stored."""
    return all(
        shown_views(given).items() <= collection.views(given.full_name).items()
        for given in collection.github.world.repositories.values()
    )


def test_the_primary_limit_is_waited_for_and_the_run_completed(collection: Collection) -> None:
    collection.github.budgets.of(OWNER_ID).limit = 30
    assert collection().state is RunState.COMPLETE
    assert all_is_stored(collection)
    assert 2 * HOUR < collection.github.clock.now - NOW < 2 * HOUR + 10 * MINUTE
    assert all("hourly limit" in reason for _, reason in collection.progress.waits)
    assert collection.github.violations == []


def test_when_the_wait_is_longer_than_the_patience_days_were_collected_before_stars(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.owner_run.RateLimiter", partial(RateLimiter, patience_s=60))
    collection.github.budgets.of(OWNER_ID).limit = 30
    report = collection()
    assert (report.state, collection.progress.waits) == (RunState.PARTIAL, [])
    assert all_is_stored(collection)
    assert "hourly limit" in str(report.message)
    assert {found["releases"] for found in collection.outcomes().values()} == {"skipped"}
    assert collection.github.violations == []


def test_what_a_limit_left_out_is_collected_by_the_next_run(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.owner_run.RateLimiter", partial(RateLimiter, patience_s=60))
    collection.github.budgets.of(OWNER_ID).limit = 40
    collection()
    for _ in range(3):
        report = collection.later(HOUR)
    assert report.state is RunState.COMPLETE
    assert collection.rows("select count(distinct repository_id) from star_history") == [(8,)]
    assert collection.rows("select count(distinct repository_id) from release_download") == [(8,)]


@pytest.mark.parametrize(("retry_after", "status"), [(90, 403), (None, 429)])
def test_a_secondary_limit_is_waited_for(collection: Collection, retry_after: int | None, status: int) -> None:
    collection.github.budgets.of(OWNER_ID).trigger = Trigger(20, retry_after, status)
    assert collection().state is RunState.COMPLETE
    assert {round(seconds) for seconds, _ in collection.progress.waits} == {retry_after or 60}
    assert all_is_stored(collection)
    assert collection.github.violations == []


@pytest.fixture
def neighbours(collection: Collection) -> Collection:
    """A second tenant, beta, with another token of the same user, that follows two of the eight repositories."""
    collection.github.world.add_token(Token(OTHER_SECRET, kind="fine_grained", scopes=()))
    collection.follow(OTHER_SECRET, ["octo/seven", "octo/eight"], tenant="beta")
    return collection


def test_two_tenants_with_tokens_of_one_user_share_one_budget(neighbours: Collection) -> None:
    neighbours.github.budgets.of(OWNER_ID).limit = 50
    assert neighbours().state is RunState.COMPLETE
    assert neighbours.github.requests.greatest_concurrency <= neighbours.concurrency
    assert neighbours.github.violations == []


def test_the_small_tenant_of_a_shared_budget_is_not_starved(neighbours: Collection) -> None:
    neighbours.concurrency = 1
    neighbours()
    order = neighbours.progress.visited[:10]
    assert order[:4] == ["octo/one", "octo/seven", "octo/two", "octo/eight"]
    assert order[4:] == ["octo/three", "octo/four", "octo/five", "octo/six", "octo/seven", "octo/eight"]


def test_a_limit_of_one_user_does_not_hold_up_another(collection: Collection) -> None:
    collection.github.world.add_token(Token(OTHER_SECRET, "other", 2002))
    collection.follow(OTHER_SECRET, ["octo/eight"], tenant="beta")
    collection.github.budgets.of(OWNER_ID).trigger = Trigger(10, 86_400)
    collection()
    assert {
        row[0] for row in collection.rows("select tenant_id from repository join star_history using (repository_id)")
    } == {2}


def test_the_owners_of_a_run_share_its_workers(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.workers.MOST_WORKERS", 2)
    collection.github.switches.latency_s = 0.01
    collection.github.world.add_token(Token(OTHER_SECRET, "other", 2002))
    collection.follow(OTHER_SECRET, tenant="beta")
    assert collection().state is RunState.COMPLETE
    assert collection.github.requests.greatest_concurrency == 2


def test_no_more_is_asked_at_once_or_in_a_minute_than_is_set(collection: Collection) -> None:
    collection.requests_a_minute, collection.concurrency = 48, 2  # 20 of them at once
    collection()
    times = sorted(seen.at for seen in collection.github.requests)
    assert collection.github.requests.greatest_concurrency <= 2
    assert len(times) == 73
    assert all(later >= sooner for sooner, later in pairwise(times))
    assert collection.clock.monotonic() - times[0] > (72 - 20) / 0.8 - 2
    assert SECRET not in str(collection.progress.warnings)
