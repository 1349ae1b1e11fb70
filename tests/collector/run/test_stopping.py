"""Stopped, run twice at once, or refused by the disk: what was committed stays, and the next run does the rest."""

from typing import Any

import pytest

from collector.clock import SystemClock
from collector.run import RunInProgress
from data.collection import ledger
from data.collection.models import RunState
from data.store import StoreAway, StoreBusy
from tests.collector.run.collecting import (
    HOUR,
    NOW,
    OWNER_ID,
    SECRET,
    Collection,
    LockTaker,
    RecordedProgress,
    shown_views,
)
from tests.collector.run.programs import collect_below, hold_the_run, start
from tests.fake_github import Trigger


class Stopper(RecordedProgress):
    """Asks the run to stop, as the signal's handler does, at a visit."""

    def __init__(self, collection: Collection, at: int) -> None:
        super().__init__()
        self._stop, self._at = collection.clock.stop, at

    def advanced(self, done: int, name: str) -> None:
        super().advanced(done, name)
        if done == self._at:
            self._stop.set()


class Interruption(RecordedProgress):
    """Asks the run to stop while it waits for a limit."""

    def __init__(self, collection: Collection) -> None:
        super().__init__()
        self._stop = collection.clock.stop

    def waiting(self, seconds: float, reason: str) -> None:
        self._stop.set()


def go_on(collection: Collection) -> None:
    """Let runs run again."""
    collection.clock.stop.clear()
    collection.progress = RecordedProgress()


def completed(collection: Collection) -> bool:
    """Whether another run brings everything that one undisturbed run would have."""
    go_on(collection)
    complete = collection.later(HOUR).state is RunState.COMPLETE
    given = collection.github.world.repositories.values()
    everything = all(collection.views(each.full_name) == shown_views(each) for each in given)
    return complete and everything and collection.rows("select count(distinct repository_id) from release") == [(3,)]


@pytest.mark.parametrize("at", [1, 4])
def test_a_stopped_run_keeps_what_it_has_and_closes_its_log(
    collection: Collection, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.run.WAITING_RESULTS", 1)
    collection.concurrency = 1
    collection.progress = Stopper(collection, at)
    report = collection()
    assert (report.state, collection.last_run()[::2]) == (RunState.STOPPED, (RunState.STOPPED, True))
    assert at <= len(collection.progress.visited) <= at + 2
    assert collection.views("octo/one") == shown_views(collection.github.world.repositories[1])
    assert completed(collection)


def test_a_stop_ends_a_wait_for_a_limit_and_keeps_what_came_before_it(collection: Collection) -> None:
    collection.github.budgets.of(OWNER_ID).trigger = Trigger(3, 600)  # the limits, the repository, its views
    collection.concurrency, collection.progress = 1, Interruption(collection)
    assert collection().state is RunState.STOPPED
    assert collection.github.clock.now < NOW + HOUR / 60
    assert collection.views("octo/one") == shown_views(collection.github.world.repositories[1])
    assert collection.outcomes() == {"octo/one": {"repository": "ok", "views": "ok"}}


def test_two_runs_at_once_are_one_and_a_refusal_that_names_it(collection: Collection) -> None:
    holder = start(hold_the_run, collection.store.directory)
    with pytest.raises(RunInProgress, match=rf"process {holder.pid} \(collecting\) since"):
        collection()
    holder.communicate("\n", timeout=30)
    assert completed(collection)


def test_a_store_that_is_busy_during_a_batch_ends_the_run_and_says_who_holds_it(collection: Collection) -> None:
    with LockTaker(collection) as collection.progress, pytest.raises(StoreBusy, match=r"\(a backup\)"):
        collection()
    assert collection.last_run()[::2] == (RunState.RUNNING, False)
    assert completed(collection)
    sql = "select state, ended_at is not null, message from collection_run order by run_id"
    former, _ = collection.rows(sql)
    assert former == ("stopped", True, "The process ended before the run did; what it had committed is kept.")


def test_a_busy_store_ends_the_waits_of_those_who_still_fetch(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit would make them wait for most of an hour of real time, which no test is given.

    It begins when one of the three repositories has surely had its three answers, in whatever order they were asked.
    """
    collection.clock = SystemClock()
    monkeypatch.setattr("collector.clock.STOP_SEEN_EVERY_S", 0.1)  # of real time
    monkeypatch.setattr("collector.run.BATCH_REPOSITORIES", 1)
    collection.github.budgets.of(OWNER_ID).trigger = Trigger(1 + 3 * 2 + 1, 3000)
    with LockTaker(collection) as collection.progress, pytest.raises(StoreBusy):
        collection()


def test_a_full_disk_during_a_batch_keeps_what_was_committed(collection: Collection) -> None:
    program = start(collect_below, collection.store.directory, collection.github.url)
    output, _ = program.communicate(timeout=60)
    assert "refused the commit" in output
    assert "the former version stands" in output
    assert collection.views("octo/one") == shown_views(collection.github.world.repositories[1])
    assert collection.rows("select count(*) from star_history") == [(0,)]
    assert completed(collection)
    assert SECRET not in output


def test_a_batch_is_committed_when_it_is_full(collection: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.run.BATCH_REPOSITORIES", 2)
    version = collection.store.traffic.version()
    collection()
    assert (len(collection.progress.batches), max(collection.progress.batches)) == (6, 2)  # of twelve visits
    assert collection.store.traffic.version() == version + 9  # with the run's beginning, its spikes and its end


def test_a_batch_is_committed_after_a_minute_however_small_it_is(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.run.FIRST_BATCH_S", 0.0)
    monkeypatch.setattr("collector.run.BATCH_S", 0.0)
    collection.concurrency = 1
    collection.github.switches.latency_s = 0.03  # longer than it takes to save what has come
    collection()
    assert len(collection.progress.batches) > 2, "more than the days and the rest"


def test_what_was_fetched_is_kept_while_a_server_of_the_store_is_away(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, refusals = ledger.save_results, [StoreAway("PostgreSQL does not answer."), StoreAway("The same.")]

    def away_at_first(*what: Any) -> Any:
        if refusals:
            raise refusals.pop(0)
        return save(*what)

    monkeypatch.setattr(ledger, "save_results", away_at_first)
    assert collection().state is RunState.COMPLETE
    assert collection.progress.warnings == ["PostgreSQL does not answer. What was fetched is kept until then."]
    given = collection.github.world.repositories.values()
    assert all(collection.views(each.full_name) == shown_views(each) for each in given)
