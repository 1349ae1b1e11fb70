"""A collection run: what is due, fetched in parallel, saved in batches. What is saved is safe, whatever comes after.

RunInProgress      another run is going on in this data directory
"""

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from collector.clock import GitHubTime, Stopped, SystemClock
from collector.crew import Crew, Done, Halt, HaltingClock, Task, in_turns
from collector.due import Visit, due_visits
from collector.errors import GitHubError, HostDown, LimitReached, RunStopped, TokenRefused
from collector.github import GitHub
from collector.limits import Owner
from collector.progress import Progress
from collector.redaction import redacted
from collector.settings import Settings
from collector.visits import GOOD, Visitor
from data import ledger
from data.locking import LockHeld, exclusive
from data.models import EndpointResult, Metric, RunState, TrafficObservation
from data.store import Store
from data.tenants import operator, tenants
from data.tokens import OpenToken, TokenVerdict, open_tokens, save_verdicts
from data.vault import open_vault

BATCH_REPOSITORIES = 200
BATCH_S = 60.0
MOST_WORKERS = 64  # over all owners
WAITING_VISITS = 1000  # fetched and not yet saved
OUTAGE_FROM = 5  # so many repositories, all without a single view, are more likely an outage at GitHub


class RunInProgress(Exception):
    """Another process collects into this data directory; the sentence says which."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to collect, and what started it: schedule, command, added, app."""

    scope: ledger.Scope
    trigger: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """What came of a run; `run_id` is None where there was nothing to collect."""

    run_id: int | None
    state: RunState
    requests: int = 0
    repositories: int = 0
    failures: int = 0
    rows_changed: int = 0
    seconds: float = 0.0
    message: str | None = None


def collect(store: Store, settings: Settings, request: RunRequest, clock: SystemClock, progress: Progress) -> RunReport:
    """Collect what is due in the request's scope, and say what came of it.

    Raises: RunInProgress, StoreError, VaultError. A stop asked for through `clock` ends the run early and well.
    """
    store.traffic.version()  # says so where there is none
    with _alone(store.directory):
        return Run(store, request, Conditions(settings, clock, progress)).go()


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    try:
        with exclusive(directory / ".collecting", "collecting", 0):
            yield
    except LockHeld as held:
        raise RunInProgress(f"A collection is going on already: {held.holder}.") from held


@dataclass(slots=True)
class _Tally:
    """What a run has seen so far."""

    visits: int = 0
    failures: int = 0
    good: int = 0
    rows_changed: int = 0
    repositories: set[int] = field(default_factory=set)
    views_windows: int = 0
    views_seen: int = 0
    notes: list[str] = field(default_factory=list)

    def count(self, done: Done) -> None:
        """Add a visit."""
        self.visits += 1
        self.repositories.add(done.visit.collectable.repository.repository_id)
        for result in done.results:
            self.good += result.outcome in GOOD
            self.failures += result.outcome not in GOOD
            seen = result.observation
            if isinstance(seen, TrafficObservation) and seen.metric is Metric.VIEWS and seen.window:
                self.views_windows += 1
                self.views_seen += seen.window.total


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a run works under: its settings, its time, and who is told of it."""

    settings: Settings
    clock: SystemClock
    progress: Progress


class Run:
    """One run, from the first question to its line in the system log."""

    def __init__(self, store: Store, request: RunRequest, conditions: Conditions) -> None:
        self._store, self._request = store, request
        self._settings, self._clock, self._progress = conditions.settings, conditions.clock, conditions.progress
        self._time = GitHubTime(self._clock)
        self._halt = Halt(self._clock.stop)
        self._fetching_clock = HaltingClock(self._clock, self._halt)
        self._tally = _Tally()
        self._done: queue.Queue[Done] = queue.Queue(WAITING_VISITS)
        self._tokens: dict[int, OpenToken] = {}
        self._visitors: dict[int, Visitor] = {}  # by tenant
        self._owners: dict[str, Owner] = {}
        self._names: dict[int, str] = {}  # of the tenants
        self._closed = threading.Event()  # nobody saves any more
        self._started = self._clock.monotonic()

    def go(self) -> RunReport:
        """Make the run."""
        self._tokens = open_tokens(self._store, open_vault(self._store.directory), self._time.now())
        found = ledger.collectable_repositories(self._store, self._request.scope, self._time.now())
        if not found:
            return RunReport(None, RunState.COMPLETE, message="There is no repository to collect.")
        self._names = {each.tenant_id: each.name for each in tenants(operator(self._store), self._store)}
        self._meet_github({each.repository.tenant_id for each in found})
        phases = due_visits(found, self._time.now())
        run_id = ledger.start_run(self._store, self._request.trigger, self._time.now())
        try:
            self._fetch_and_save(run_id, phases)
        finally:
            for visitor in self._visitors.values():
                visitor.github.close()
        return self._finish(run_id)

    def _meet_github(self, tenant_ids: set[int]) -> None:
        """Ask GitHub with each token for the time and the state of its limits, which costs nothing there."""
        for tenant_id in sorted(tenant_ids & self._tokens.keys()):
            visitor = self._visitors[tenant_id] = self._visitor(self._tokens[tenant_id])
            try:
                self._time.tell(visitor.github.fetch("/rate_limit").as_of)
                visitor.accepted = True
            except (TokenRefused, LimitReached) as error:
                visitor.ended = redacted(str(error))
                self._note(f"The token of {self._names.get(tenant_id, 'a tenant')} is not used: {visitor.ended}")
            except (HostDown, RunStopped) as error:
                self._halt.end(redacted(str(error)))
            except Stopped:
                self._halt.end(None)
            except GitHubError as error:
                self._progress.warned(f"GitHub's limits are not known yet: {redacted(str(error))}")
            if self._halt:
                return

    def _visitor(self, token: OpenToken) -> Visitor:
        clock = self._fetching_clock
        owner = self._owners.setdefault(token.owner_key, Owner(self._settings, clock, self._progress.waiting))
        return Visitor(GitHub(self._settings, token.secret, owner, clock), token.token_id, self._time)

    def _fetch_and_save(self, run_id: int, phases: list[list[Visit]]) -> None:
        crews = self._crews(phases)
        self._progress.started(sum(crew.visits for crew in crews))
        with ThreadPoolExecutor(max(1, len(crews))) as pool:
            working = [pool.submit(crew.work) for crew in crews]
            try:
                for batch in self._batches(working):
                    self._save(run_id, batch)
            finally:
                self._closed.set()
                self._halt.end(None)
                self._progress.finished()
        for crew in working:
            crew.result()

    def _crews(self, phases: list[list[Visit]]) -> list[Crew]:
        """The visits by token owner; those without a token are told as skipped at once."""
        by_owner: dict[str, list[list[Task]]] = defaultdict(list)
        for phase in phases:
            by_tenant: dict[int, list[Task]] = defaultdict(list)
            for visit in phase:
                tenant_id = visit.collectable.repository.tenant_id
                if tenant_id in self._visitors:
                    by_tenant[tenant_id].append(Task(self._visitors[tenant_id], visit))
            of_owner: dict[str, list[list[Task]]] = defaultdict(list)
            for tenant_id, tasks in by_tenant.items():
                of_owner[self._tokens[tenant_id].owner_key].append(tasks)
            for owner_key, groups in of_owner.items():
                by_owner[owner_key].append(in_turns(groups))
        self._tell_tokenless(phases[0])
        workers = max(1, min(self._settings.concurrency, MOST_WORKERS // max(1, len(by_owner))))
        return [Crew(tasks, workers, self._deliver, self._halt) for tasks in by_owner.values()]

    def _tell_tokenless(self, visits: list[Visit]) -> None:
        tokenless = sorted({v.collectable.repository.tenant_id for v in visits} - self._visitors.keys())
        for tenant_id in tokenless if not self._halt else ():
            self._note(
                f"{self._names.get(tenant_id, 'A tenant')} has no token that can be used: its repositories are not "
                "collected. Store one: python -m collector tenant token NAME"
            )

    def _deliver(self, done: Done) -> None:
        while not self._closed.is_set():
            try:
                self._done.put(done, timeout=0.2)
            except queue.Full:
                continue
            return

    def _batches(self, working: list[Future[None]]) -> Iterator[list[Done]]:
        """What was fetched, in batches of 200 repositories or of a minute, the last one as large as it is."""
        batch: list[Done] = []
        begun = time.monotonic()
        while True:
            alive = not all(crew.done() for crew in working)
            try:
                done = self._done.get(timeout=0.1 if alive else 0)
            except queue.Empty:
                if not alive:
                    break
            else:
                batch.append(done)
                self._tally.count(done)
                self._progress.advanced(self._tally.visits, done.visit.collectable.repository.full_name)
            if len(batch) >= BATCH_REPOSITORIES or (batch and time.monotonic() - begun >= BATCH_S):
                yield batch
                batch, begun = [], time.monotonic()
        if batch:
            yield batch

    def _save(self, run_id: int, batch: list[Done]) -> None:
        results: list[EndpointResult] = [result for done in batch for result in done.results]
        changed = ledger.save_results(self._store, run_id, results, self._so_far(RunState.RUNNING))
        self._tally.rows_changed += changed
        self._progress.saved(len({result.repository_id for result in results}), changed)

    def _so_far(self, state: RunState) -> ledger.RunProgress:
        requests = sum(owner.requests for owner in self._owners.values())
        return ledger.RunProgress(state, requests, len(self._tally.repositories), " ".join(self._tally.notes) or None)

    def _note(self, sentence: str) -> None:
        if sentence not in self._tally.notes:
            self._tally.notes.append(sentence)
            self._progress.warned(sentence)

    def _finish(self, run_id: int) -> RunReport:
        if self._halt.reason:
            self._note(self._halt.reason)
        for sentence in sorted({visitor.ended for visitor in self._visitors.values() if visitor.ended}):
            if not any(sentence in note for note in self._tally.notes):
                self._note(sentence)
        self._note_outage()
        state = self._state()
        progress = self._so_far(state)
        self._save_verdicts()
        ledger.finish_run(self._store, run_id, progress, self._time.now())
        seconds = self._clock.monotonic() - self._started
        tally = self._tally
        return RunReport(
            run_id, state, progress.requests, progress.repositories, tally.failures, tally.rows_changed, seconds,
            progress.message,
        )  # fmt: skip

    def _state(self) -> RunState:
        if self._clock.stop.is_set():
            return RunState.STOPPED
        if not self._tally.failures and not self._tally.notes:
            return RunState.COMPLETE
        return RunState.PARTIAL if self._tally.good else RunState.FAILED

    def _note_outage(self) -> None:
        """In August 2019 GitHub told zero for every repository for some days: that is taken, and pointed out."""
        if self._tally.views_windows < OUTAGE_FROM or self._tally.views_seen:
            return
        since = self._time.now().date() - timedelta(days=30)
        if ledger.views_since(self._store, self._request.scope, since):
            self._note(
                f"GitHub told not a single view for all {self._tally.views_windows} repositories. That may be an "
                "outage there; greater readings that were stored before stand."
            )

    def _save_verdicts(self) -> None:
        """Note refused tokens and changed expiries; where nothing was learned, nothing is written."""
        verdicts = []
        for tenant_id, visitor in self._visitors.items():
            token, expires_at = self._tokens[tenant_id], visitor.github.token_expires_at
            refused = visitor.github.token_refused
            known = (token.valid, token.expires_at)
            if refused is None and not visitor.accepted:
                continue
            if known != (refused is None, expires_at or token.expires_at) or refused is not None:
                state = "valid" if refused is None else "invalid"
                verdicts.append(TokenVerdict(token.token_id, state, refused, expires_at))
        if verdicts:
            save_verdicts(self._store, verdicts, self._time.now())
