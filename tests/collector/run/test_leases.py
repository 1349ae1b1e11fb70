"""Two machines on one store: each token owner is collected by one of them, and who was overtaken saves nothing."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from collector.errors import Overtaken
from collector.own_leases import OVERTAKEN, OwnLease
from collector.owner_run import RunReport, RunRequest
from collector.rate_limit import RateLimiter
from collector.run import Collecting, Joining
from collector.settings import Settings
from data.collection.ledger import Scope
from data.collection.log import is_collecting
from data.collection.models import Outcome, RunState
from data.store import Store
from data.store.leases import LASTS, Lease, take_leases
from tests.collector.asking import VirtualClock
from tests.collector.run.collecting import MINUTE, OWNER_ID, Collection, RecordedProgress

LEASE = f"owner user {OWNER_ID}"


class Meanwhile(Joining):
    """Does something once a run has reported something."""

    def __init__(self, collection: Collection, do: Callable[[], object]) -> None:
        super().__init__(collection.store)
        self._progress, self._do = collection.progress, [do]

    def requests(self) -> list[RunRequest]:
        if self._do and self._progress.warnings:
            self._do.pop()()
        return []


class AtFirstVisit(RecordedProgress):
    """Does something when the first repository was fetched, before any of it is saved."""

    def __init__(self, do: Callable[[], object]) -> None:
        super().__init__()
        self._do = [do]

    def advanced(self, done: int, name: str) -> None:
        super().advanced(done, name)
        if self._do:
            self._do.pop()()


@pytest.fixture
def other(collection: Collection) -> Collection:
    """The same tenants on another machine."""
    store = Store(collection.store.directory)
    store.machine = "elsewhere"
    return Collection(collection.github, store)


@pytest.fixture(autouse=True)
def _looks_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.run.LOOK_EVERY_S", 0.0)
    monkeypatch.setattr("collector.run.LOOK_FOR_LEASES_S", 0.0)


def run(collection: Collection, joining: Joining | None = None) -> RunReport:
    """Collect by schedule, without the lock of a data directory, which both machines have here."""
    settings = Settings(collection.github.url, 60_000)
    joining = joining or Joining(collection.store)
    request = RunRequest(Scope(), "schedule", collection.github.clock.now - MINUTE)
    return Collecting(collection.store, settings, collection.clock, collection.progress, joining).go(request)


def test_what_another_machine_collects_is_waited_for_and_not_collected_twice(
    collection: Collection, other: Collection
) -> None:
    take_leases(other.store, [LEASE])
    report = run(collection, Meanwhile(collection, lambda: run(other)))
    assert collection.progress.warnings == ["Waiting for elsewhere, which is collecting 3 repositories."]
    assert (report.run_id, report.state) == (None, RunState.COMPLETE)
    targets = collection.github.requests.targets()
    assert len([each for each in targets if "/traffic/clones" in each]) == 6, "by day and by week, once"
    assert collection.rows("select state from collection_run") == [("complete",)]
    assert not is_collecting(collection.store)


def test_one_that_slept_saves_nothing_once_another_has_its_lease_and_that_one_collects_all(
    collection: Collection, other: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other.store.control, "now", lambda: collection.store.control.now() + LASTS + timedelta(1e-5))
    collection.progress = AtFirstVisit(lambda: take_leases(other.store, [LEASE]))
    report = run(collection)
    assert (report.state, report.message) == (RunState.STOPPED, OVERTAKEN)
    assert collection.last_run() == (RunState.STOPPED, OVERTAKEN, True)
    assert collection.rows("select count(*) from daily_traffic") == [(0,)]
    assert collection.rows("select count(*) from collection_result") == [(0,)]
    assert run(other).state is RunState.COMPLETE
    assert len(collection.views("octo/one")) == 14


def test_nobody_asks_without_being_sure_of_the_lease(collection: Collection) -> None:
    lease = OwnLease(Lease(LEASE, 1), time.monotonic() + 60)
    assert lease.wait() == 0
    lease.sure_until = time.monotonic() - 1
    assert lease.wait() > 0
    clock = VirtualClock()
    limiter = RateLimiter(Settings(), clock, lease=lease)
    clock.sleep = lambda seconds: setattr(lease, "is_overtaken", seconds > 0)  # type: ignore[method-assign]
    with pytest.raises(Overtaken) as raised, limiter.acquire():
        pass
    assert (raised.value.outcome, limiter.requests) == (Outcome.STOPPED, 0)


@pytest.mark.parametrize("is_handed_on", [False, True])
def test_what_another_machine_asked_until_now_may_have_been_the_burst_of_this_minute(is_handed_on: bool) -> None:
    clock, lease = VirtualClock(), OwnLease(Lease(LEASE, 1, is_handed_on), time.monotonic() + 60)
    limiter = RateLimiter(Settings(), clock, lease=lease)
    for _ in range(5):
        with limiter.acquire():
            pass
    assert sum(clock.slept) == pytest.approx(0.4 if is_handed_on else 0)
