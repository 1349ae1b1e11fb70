"""A wait that GitHub asked for holds for the processes that come after, until it is over."""

import pytest

from collector.clock import Stopped
from data.calendar import utc_now
from data.collection.models import RunState
from data.repositories.pauses import owner_limits, owner_pauses
from tests.collector.run.collecting import HOUR, OTHER_SECRET, OWNER_ID, Collection
from tests.fake_github import Token, Trigger


@pytest.fixture
def limited(collection: Collection) -> Collection:
    """A first run was asked to wait for two hours."""
    collection.github.budgets.of(OWNER_ID).trigger = Trigger(10, 7200)
    assert collection().state is RunState.PARTIAL
    return collection


def test_the_next_run_asks_nothing_and_says_until_when(limited: Collection) -> None:
    report = limited()
    assert (report.state, len(limited.github.requests)) == (RunState.FAILED, 0)
    assert "acme is not collected: GitHub asks to wait until 18:00 UTC" in str(report.message)
    assert limited.github.violations == []
    assert limited.rows("select count(*) from collection_run") == [(1,)], "it is none in the log"


def test_when_the_wait_is_over_all_is_collected(limited: Collection) -> None:
    limited()
    assert limited.later(3 * HOUR).state is RunState.COMPLETE
    assert owner_pauses(limited.store, utc_now()) == {}


def test_what_github_has_left_of_an_owner_s_limit_is_kept_as_its_newest_answer_says(collection: Collection) -> None:
    collection.concurrency = 1  # else an answer counts what is on its way beside it, and is free
    for expected in (1, 2):
        assert collection.later(HOUR).state is RunState.COMPLETE
        (limit,) = owner_limits(collection.store)
        budget = collection.github.budgets.of(OWNER_ID).numbers()
        saved = (limit.owner_key, limit.requests_an_hour, limit.requests_left)
        assert saved == (f"user {OWNER_ID}", budget["limit"], budget["remaining"]), expected


def test_the_wait_of_one_owner_does_not_hold_up_another(limited: Collection) -> None:
    limited.github.world.add_token(Token(OTHER_SECRET, "other", 2002))
    limited.follow(OTHER_SECRET, ["octo/two"], tenant="beta")
    report = limited()
    assert report.state is RunState.PARTIAL
    tenant_ids = limited.rows("select distinct tenant_id from star_history join repository using (repository_id)")
    assert tenant_ids == [(2,)]
    assert limited.outcomes().keys() == {"octo/two"}
    assert "acme is not collected" in str(report.message)


def test_a_run_that_is_stopped_while_it_waits_leaves_the_rest_of_the_wait(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.github.budgets.of(OWNER_ID).trigger = Trigger(10, 1800)
    wait = collection.clock.sleep

    def stop(seconds: float) -> None:
        if seconds > 50:
            collection.clock.stop.set()
            raise Stopped
        wait(seconds)

    monkeypatch.setattr(collection.clock, "sleep", stop)
    assert collection().state is RunState.STOPPED
    collection.clock.stop.clear()
    assert "GitHub asks to wait until 16:30 UTC" in str(collection().message)
