"""Each token owner has a run of its own: one's waiting and refusals are nobody else's, and what comes later joins."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic, sleep

import pytest

from collector.clock import StopFlag, SystemClock
from collector.owner_run import RunReport, RunRequest
from collector.rate_limit import RateLimiter
from collector.run import Joining, collect
from collector.settings import Settings
from collector.workers import Job, JobQueue, WorkerPool
from data.collection import ledger
from data.collection.ledger import Scope
from data.collection.models import CollectableRepository, RunState
from data.collection.run_requests import save_request, take_requests
from data.store import Store, StoreBusy
from tests.collector.asking import VirtualClock
from tests.collector.run.collecting import OTHER_SECRET, OWNER_ID, Collection, RecordedProgress, repository
from tests.fake_github import Token, Trigger


class Meanwhile(Joining):
    """Does something once, while the first run goes on, and remembers which runs ended in which order."""

    def __init__(self, collection: Collection, when: Callable[[], bool], do: Callable[[], object]) -> None:
        super().__init__(collection.store)
        self.ends: list[RunReport] = []
        self._when, self._do = when, [do]

    def requests(self) -> list[RunRequest]:
        if self._do and self._when():
            self._do.pop()()
        return super().requests()

    def ended(self, report: RunReport) -> None:
        self.ends.append(report)


@pytest.fixture(autouse=True)
def _looks_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.run.LOOK_EVERY_S", 0.0)


@pytest.fixture
def ready() -> RateLimiter:
    return RateLimiter(Settings(), VirtualClock())


def collected(collection: Collection, joining: Joining) -> RunReport:
    settings = Settings(collection.github.url, collection.requests_a_minute, collection.concurrency)
    request = RunRequest(collection.scope, "schedule")
    return collect(collection.store, settings, request, collection.clock, collection.progress, joining=joining)


def test_while_one_owner_waits_another_that_comes_is_collected_to_its_end(collection: Collection) -> None:
    collection.github.world.add_token(Token(OTHER_SECRET, "other", 2002))
    collection.github.budgets.of(OWNER_ID).trigger = Trigger(8, 3000)
    pass_time = collection.clock.sleep

    def wait(seconds: float) -> None:
        """A long wait passes when the other has ended, or never would."""
        give_up_at = monotonic() + 90
        while seconds > 50 and not joining.ends and monotonic() < give_up_at:
            sleep(0.001)
        pass_time(seconds)

    def come() -> None:
        beta = collection.follow(OTHER_SECRET, ["octo/two"], tenant="beta")
        save_request(collection.store, Scope(tenant_ids=(beta,)))

    collection.clock.sleep = wait  # type: ignore[method-assign]
    joining = Meanwhile(collection, lambda: bool(collection.progress.waits), come)
    report = collected(collection, joining)
    assert [each.run_ids for each in joining.ends] == [(2,), (1,)]
    assert joining.ends[0].seconds < 3000 <= joining.ends[1].seconds
    assert (report.state, report.run_ids, take_requests(collection.store)) == (RunState.COMPLETE, (1, 2), [])
    logged = collection.rows("select run_id, trigger, state from collection_run order by run_id")
    assert logged == [(1, "schedule", "complete"), (2, "app", "complete")]
    assert collection.github.violations == []


def test_what_is_added_while_a_run_goes_on_is_collected_by_it(collection: Collection) -> None:
    collection.github.world.add(repository(9, "nine"))
    joining = Meanwhile(collection, lambda: bool(collection.progress.visited), lambda: collection.add("octo/nine"))
    assert collected(collection, joining).repositories == 4
    assert len(collection.views("octo/nine")) == 14


def test_what_cannot_join_because_of_the_store_comes_again(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.run.WRITE_AGAIN_S", 0.0)
    collection.github.world.add_token(Token(OTHER_SECRET, "other", 2002))
    find, faults = ledger.collectable_repositories, [StoreBusy("The store is being written to.")]

    def found(store: Store, scope: Scope, now: datetime) -> Sequence[CollectableRepository]:
        if scope.tenant_ids and faults:
            raise faults.pop()
        return find(store, scope, now)

    def come() -> None:
        beta = collection.follow(OTHER_SECRET, ["octo/two"], tenant="beta")
        save_request(collection.store, Scope(tenant_ids=(beta,)))

    monkeypatch.setattr(ledger, "collectable_repositories", found)
    joining = Meanwhile(collection, lambda: bool(collection.progress.visited), come)
    report = collected(collection, joining)
    assert "The store is being written to." in collection.progress.warnings
    assert (faults, report.state, report.run_ids) == ([], RunState.COMPLETE, (1, 2))
    assert take_requests(collection.store) == []


def test_what_was_never_collected_comes_first(collected: Collection) -> None:
    collected.github.world.add(repository(9, "nine"))
    collected.add("octo/nine")
    collected.concurrency, collected.progress = 1, RecordedProgress()
    collected()
    assert collected.progress.visited[0] == "octo/nine"


def test_a_queue_gives_the_days_first_and_those_of_whoever_waits_before_all(ready: RateLimiter) -> None:
    queue = JobQueue(ready, 2)
    days, lists, waited_for = (Job(queue, phase, lambda: None) for phase in (1, 2, 1))
    queue.add([lists, days], first=False)
    queue.add([waited_for], first=True)
    assert [queue.take(), queue.take()] == [waited_for, days]
    assert queue.ready_in() is None, "two are made at once"
    queue.done(waited_for, None)
    assert queue.ready_in() is None, "the lists come when the days are there"
    queue.done(days, days)
    assert queue.take() is days, "what a limit has left of it"
    queue.done(days, None)
    assert (queue.ready_in(), queue.take()) == (0, lists)


def test_what_is_asked_for_is_one_wish_however_often_and_goes_to_who_takes_it_first(collection: Collection) -> None:
    for scope in (Scope(repository_ids=(3,)), Scope(tenant_ids=(1,)), Scope(), Scope(repository_ids=(3,))):
        save_request(collection.store, scope)
    taken = take_requests(collection.store)
    assert sorted(taken, key=repr) == sorted([Scope(), Scope(tenant_ids=(1,)), Scope(repository_ids=(3,))], key=repr)
    assert take_requests(collection.store) == []


def test_more_than_three_hundred_owners_have_sixty_four_workers(ready: RateLimiter) -> None:
    pool, all_at_once, before = WorkerPool(StopFlag(SystemClock())), threading.Barrier(64), threading.active_count()
    threads: list[int] = []

    def make() -> None:
        threads.append(threading.active_count())
        all_at_once.wait(60)

    for queue in [JobQueue(ready, 8) for _ in range(320)]:
        pool.add(queue, [Job(queue, 1, make)] * 2)
    while len(threads) < 640 and pool.failure is None:
        sleep(0.001)
    pool.close(wait=True)
    assert (pool.failure, len(threads), max(threads) <= before + 64) == (None, 640, True)
