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
from datetime import datetime, timedelta
from pathlib import Path

from collector.client import DOUBTED_FROM, GitHub
from collector.clock import GitHubTime, StopFlag, Stopped, SystemClock
from collector.discovery import PAUSE_KEPT_FROM_S
from collector.endpoints.traffic import TrafficObservation
from collector.errors import GitHubError, HostDown, LimitReached, RunStopped, TokenRefused
from collector.fetcher import FetchJob, RepositoryFetcher, due_jobs
from collector.rate_limit import RateLimiter, pace_file
from collector.redaction import redacted
from collector.settings import Settings
from collector.workers import Job, JobResult, WorkerPool, in_turns, workers_of_each
from data.accounts.encryption import open_cipher
from data.accounts.tenants import operator, tenants
from data.accounts.tokens import OpenToken, TokenVerdict, open_tokens, save_verdicts
from data.collection import ledger
from data.collection.models import CollectableRepository, EndpointResult, RunState
from data.collection.schedule import last_look, rests_until
from data.insight.spikes import save_spikes
from data.repositories.pauses import OwnerPause, owner_pauses, save_pauses
from data.store import Store
from data.store.backup import COLLECTING
from data.store.versions import LockHeld, exclusive
from data.traffic.models import Metric

BATCH_REPOSITORIES = 200
FIRST_BATCH_S, BATCH_S = 5.0, 60.0  # the first one soon: somebody may wait for the first charts
WAITING_RESULTS = 1000  # fetched and not yet saved
BY_NAME = frozenset({"command", "added", "app"})  # triggers with which somebody asks for single repositories
OUTAGE_FROM = 5  # so many repositories, all without a single view, are more likely an outage at GitHub
ABSURD_FROM = timedelta(days=400)  # ahead of this machine and of all that is stored


class RunInProgress(Exception): ...


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


class Progress:
    """What a run says while it goes on, from the thread that saves and from those that fetch. This one says nothing."""

    def started(self, jobs: int) -> None: ...  # a job fetches some endpoints of one repository

    def advanced(self, done: int, name: str) -> None: ...  # `name` is the repository of the last job

    def waiting(self, seconds: float, reason: str) -> None: ...  # because of GitHub's limits

    def saved(self, repositories: int, rows_changed: int) -> None: ...  # what is committed is safe

    def warned(self, sentence: str) -> None: ...  # something is odd or failed; the run goes on

    def finished(self) -> None: ...


@dataclass(slots=True)
class RunStats:
    jobs: int = 0
    failures: int = 0
    good: int = 0
    rows_changed: int = 0
    repositories: set[int] = field(default_factory=set)
    views_windows: int = 0
    views_seen: int = 0
    notes: list[str] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)

    def about_gone(self) -> list[str]:
        """What became of repositories that were deleted while the run asked about them: nobody's fault, but told."""
        if not self.gone:
            return []
        return [f"Deleted meanwhile: {len(self.gone):,} of the repositories. What was fetched of them is dropped."]

    def count(self, result: JobResult) -> None:
        self.jobs += 1
        self.repositories.add(result.fetch.collectable.repository.repository_id)
        for answer in result.results:
            self.good += answer.outcome.good
            self.failures += not answer.outcome.good
            seen = answer.observation
            if isinstance(seen, TrafficObservation) and seen.metric is Metric.VIEWS and seen.window:
                self.views_windows += 1
                self.views_seen += seen.window.total


def collect(store: Store, settings: Settings, request: RunRequest, clock: SystemClock, progress: Progress) -> RunReport:
    """Collect what is due in the request's scope, and say what came of it.

    Raises: RunInProgress, StoreError, EncryptionError. A stop asked for through `clock` ends the run early and well.
    """
    store.traffic.version()  # says so where there is none
    with _exclusive_run(store.directory):
        return CollectionRun(store, settings, request, clock, progress).go()


@contextmanager
def _exclusive_run(directory: Path) -> Iterator[None]:
    try:
        with exclusive(directory / COLLECTING, "collecting", 0):
            yield
    except LockHeld as held:
        raise RunInProgress(f"A collection is going on already: {held.holder}.") from held


def clock_sync(github: GitHub, time: GitHubTime, newest_stored: datetime | None) -> str | None:
    """Set the run's time by GitHub's clock; a sentence where it cannot be right and this machine's is taken.

    It is the first request of a run: all its days follow from the answer. A date that is more than a day from this
    machine's is asked for once more: one server of GitHub's may be wrong.
    Raises: GitHubError, Stopped.
    """
    ours, known_before = time.now(), time.is_set
    as_of = github.fetch("/rate_limit").as_of
    if known_before:
        return None  # the client has compared it
    if abs(as_of - ours) > DOUBTED_FROM:
        again = github.fetch("/rate_limit").as_of
        if abs(again - as_of) > DOUBTED_FROM:
            as_of = min(as_of, again, key=lambda moment: abs(moment - ours))
    if newest_stored is not None and as_of - max(ours, newest_stored) > ABSURD_FROM:
        time.set(ours)
        return (
            f"GitHub says that today is {as_of:%Y-%m-%d}, far ahead of this machine's clock and of all that is stored: "
            f"{ours:%Y-%m-%d} was taken."
        )
    time.set(as_of)
    return None


class CollectionRun:
    """One run, from the first request to its line in the system log."""

    def __init__(
        self, store: Store, settings: Settings, request: RunRequest, clock: SystemClock, progress: Progress
    ) -> None:
        self._store, self._settings, self._request = store, settings, request
        self._clock, self._progress = clock, progress
        self._time = GitHubTime(clock)
        self._stop = StopFlag(clock)
        self._stats = RunStats()
        self._results: queue.Queue[JobResult] = queue.Queue(WAITING_RESULTS)
        self._tokens: dict[int, OpenToken] = {}  # by tenant, as the next two
        self._fetchers: dict[int, RepositoryFetcher] = {}
        self._names: dict[int, str] = {}
        self._limiters: dict[str, RateLimiter] = {}  # by token owner, as the next one
        self._pauses: dict[str, OwnerPause] = {}
        self._closed = threading.Event()  # nobody saves any more
        self._started = clock.monotonic()
        self._began_at = self._time.now()  # by this machine's clock, as pauses are kept

    def go(self) -> RunReport:
        self._tokens = open_tokens(self._store, open_cipher(self._store.directory), self._time.now())
        collectable = ledger.collectable_repositories(self._store, self._request.scope, self._time.now())
        if not collectable:
            return RunReport(None, RunState.COMPLETE, message="There is no repository to collect.")
        self._names = {tenant.tenant_id: tenant.name for tenant in tenants(operator(self._store), self._store)}
        self._pauses = owner_pauses(self._store, self._began_at)
        self._connect(collectable)
        phases = due_jobs(collectable, self._time.now(), self._asked_at_once(collectable))
        if not any(phases) or self._all_wait(collectable):
            return self._nothing_to_do(collectable)
        run_id = ledger.start_run(self._store, self._request.trigger, self._time.now())
        try:
            self._fetch_and_save(run_id, phases)
        finally:
            self._disconnect()
        return self._finish(run_id)

    def _asked_at_once(self, collectable: list[CollectableRepository]) -> set[int]:
        """Those that do not rest after a refusal: asked for by name, or with a token that is newer than the refusal."""
        if self._request.scope.repository_ids is not None and self._request.trigger in BY_NAME:
            return {each.repository.repository_id for each in collectable}
        at_once = set()
        for each in collectable:
            token, tried = self._tokens.get(each.repository.tenant_id), last_look(each)
            if token is not None and tried is not None and token.added_at is not None and token.added_at > tried:
                at_once.add(each.repository.repository_id)
        return at_once

    def _all_wait(self, collectable: list[CollectableRepository]) -> bool:
        """Whether GitHub has asked every owner of the run to wait: a run that asks nothing is none for the log."""
        tenant_ids = {each.repository.tenant_id for each in collectable}
        return all(
            tenant_id in self._tokens and self._tokens[tenant_id].owner_key in self._pauses for tenant_id in tenant_ids
        )

    def _nothing_to_do(self, collectable: list[CollectableRepository]) -> RunReport:
        self._disconnect()
        self._save_verdicts()
        requests = self._so_far(RunState.COMPLETE).requests
        if self._stop.reason:
            self._note(self._stop.reason)
        if self._stats.notes:
            return RunReport(None, RunState.FAILED, requests, message=" ".join(self._stats.notes))
        until = [moment for each in collectable if (moment := rests_until(each, self._time.now()))]
        return RunReport(None, RunState.COMPLETE, requests, message=_resting(until) if until else None)

    def _connect(self, collectable: list[CollectableRepository]) -> None:
        """Ask GitHub with each token for the time and the state of its limits, which costs nothing there."""
        tried = [state.last_tried_at for each in collectable for state in each.endpoints.values()]
        for tenant_id in sorted({each.repository.tenant_id for each in collectable} & self._tokens.keys()):
            fetcher = self._fetchers[tenant_id] = self._fetcher(self._tokens[tenant_id])
            pause = self._pauses.get(self._tokens[tenant_id].owner_key)
            if pause is not None:
                fetcher.ended = pause.sentence(self._began_at)
                self._note(f"{self._names.get(tenant_id, 'A tenant')} is not collected: {fetcher.ended}")
                continue
            try:
                doubt = clock_sync(fetcher.github, self._time, max(tried, default=None))
                fetcher.accepted = True
                if doubt:
                    self._note(doubt)
            except (TokenRefused, LimitReached) as error:
                fetcher.ended = redacted(str(error))
                self._note(f"The token of {self._names.get(tenant_id, 'a tenant')} is not used: {fetcher.ended}")
            except (HostDown, RunStopped) as error:
                self._stop.set(redacted(str(error)))
            except Stopped:
                self._stop.set(None)
            except GitHubError as error:
                self._progress.warned(f"GitHub's limits are not known yet: {redacted(str(error))}")
            if self._stop:
                return

    def _fetcher(self, token: OpenToken) -> RepositoryFetcher:
        kept_in = pace_file(self._store.directory, token.owner_key)
        limiter = self._limiters.setdefault(
            token.owner_key, RateLimiter(self._settings, self._stop, self._progress.waiting, kept_in=kept_in)
        )
        github = GitHub(self._settings, token.secret, limiter, self._stop)
        github.time = self._time
        return RepositoryFetcher(github, token.token_id, self._time)

    def _disconnect(self) -> None:
        for fetcher in self._fetchers.values():
            fetcher.github.close()

    def _fetch_and_save(self, run_id: int, phases: list[list[FetchJob]]) -> None:
        pools = self._pools(phases)
        self._progress.started(sum(pool.jobs for pool in pools))
        with ThreadPoolExecutor(max(1, len(pools))) as executor:
            working = [executor.submit(pool.work) for pool in pools]
            try:
                for batch in self._batches(working):
                    self._save(run_id, batch)
            finally:
                self._closed.set()
                self._stop.set(None)
                self._progress.finished()
        for work in working:
            work.result()

    def _pools(self, phases: list[list[FetchJob]]) -> list[WorkerPool]:
        """A pool for each token owner with its jobs by phase; the tenants of one owner take turns."""
        by_owner: dict[str, list[list[Job]]] = defaultdict(list)
        for phase in phases:
            of_owner: dict[str, dict[int, list[Job]]] = defaultdict(lambda: defaultdict(list))
            for fetch in phase:
                tenant_id = fetch.collectable.repository.tenant_id
                if tenant_id in self._fetchers:
                    owner_key = self._tokens[tenant_id].owner_key
                    of_owner[owner_key][tenant_id].append(Job(self._fetchers[tenant_id], fetch))
            for owner_key, jobs_of_tenants in of_owner.items():
                by_owner[owner_key].append(in_turns(jobs_of_tenants.values()))
        self._note_tokenless(phases[0])
        workers = workers_of_each(len(by_owner), self._settings.concurrency)
        return [WorkerPool(jobs, workers, self._deliver, self._stop) for jobs in by_owner.values()]

    def _note_tokenless(self, jobs: list[FetchJob]) -> None:
        tokenless = sorted({job.collectable.repository.tenant_id for job in jobs} - self._fetchers.keys())
        for tenant_id in tokenless if not self._stop else ():
            self._note(
                f"{self._names.get(tenant_id, 'A tenant')} has no token that can be used: its repositories are not "
                "collected. Store one: python -m collector tenant token NAME"
            )

    def _deliver(self, result: JobResult) -> None:
        while not self._closed.is_set():
            try:
                self._results.put(result, timeout=0.2)
            except queue.Full:
                continue
            return

    def _batches(self, working: list[Future[None]]) -> Iterator[list[JobResult]]:
        """What was fetched, in batches of 200 repositories or of a minute; the first one after five seconds."""
        batch: list[JobResult] = []
        begun, batch_s = time.monotonic(), FIRST_BATCH_S
        while True:
            alive = not all(work.done() for work in working)
            try:
                result = self._results.get(timeout=0.1 if alive else 0)
            except queue.Empty:
                if not alive:
                    break
            else:
                batch.append(result)
                self._stats.count(result)
                self._progress.advanced(self._stats.jobs, result.fetch.collectable.repository.full_name)
            if len(batch) >= BATCH_REPOSITORIES or (batch and time.monotonic() - begun >= batch_s):
                yield batch
                batch, begun, batch_s = [], time.monotonic(), BATCH_S
        if batch:
            yield batch

    def _save(self, run_id: int, batch: list[JobResult]) -> None:
        results: list[EndpointResult] = [result for job in batch for result in job.results]
        saved = ledger.save_results(self._store, run_id, results, self._so_far(RunState.RUNNING))
        self._stats.rows_changed += saved.rows_changed
        self._stats.gone |= saved.gone
        self._progress.saved(len({result.repository_id for result in results} - saved.gone), saved.rows_changed)

    def _so_far(self, state: RunState) -> ledger.RunProgress:
        requests = sum(limiter.requests for limiter in self._limiters.values())
        told = " ".join([*self._stats.notes, *self._stats.about_gone()])
        return ledger.RunProgress(state, requests, len(self._stats.repositories), told or None)

    def _note(self, sentence: str) -> None:
        if sentence not in self._stats.notes:
            self._stats.notes.append(sentence)
            self._progress.warned(sentence)

    def _finish(self, run_id: int) -> RunReport:
        if self._stop.reason:
            self._note(self._stop.reason)
        for sentence in sorted({fetcher.ended for fetcher in self._fetchers.values() if fetcher.ended}):
            if not any(sentence in note for note in self._stats.notes):
                self._note(sentence)
        self._note_outage()
        for sentence in self._stats.about_gone():
            self._progress.warned(sentence)
        state = self._state()
        progress = self._so_far(state)
        self._save_verdicts()
        self._save_pauses()
        save_spikes(self._store, self._stats.repositories, self._time.now().date())
        ledger.finish_run(self._store, run_id, progress, self._time.now())
        seconds = self._clock.monotonic() - self._started
        stats = self._stats
        return RunReport(
            run_id, state, progress.requests, progress.repositories, stats.failures, stats.rows_changed, seconds,
            progress.message,
        )  # fmt: skip

    def _state(self) -> RunState:
        if self._clock.stop.is_set():
            return RunState.STOPPED
        if not self._stats.failures and not self._stats.notes:
            return RunState.COMPLETE
        return RunState.PARTIAL if self._stats.good else RunState.FAILED

    def _note_outage(self) -> None:
        """In August 2019 GitHub told zero for every repository for some days: that is taken, and pointed out."""
        if self._stats.views_windows < OUTAGE_FROM or self._stats.views_seen:
            return
        since = self._time.now().date() - timedelta(days=30)
        if ledger.views_since(self._store, self._request.scope, since):
            self._note(
                f"GitHub told not a single view for all {self._stats.views_windows} repositories. That may be an "
                "outage there; greater readings that were stored before stand."
            )

    def _save_verdicts(self) -> None:
        """Note refused tokens and changed expiries; where nothing was learned, nothing is written."""
        verdicts = []
        for tenant_id, fetcher in self._fetchers.items():
            token, expires_at = self._tokens[tenant_id], fetcher.github.token_expires_at
            refused = fetcher.github.token_refused
            known = (token.valid, token.expires_at)
            if refused is None and not fetcher.accepted:
                continue
            if known != (refused is None, expires_at or token.expires_at) or refused is not None:
                state = "valid" if refused is None else "invalid"
                verdicts.append(TokenVerdict(token.token_id, state, refused, expires_at))
        if verdicts:
            save_verdicts(self._store, verdicts, self._time.now())

    def _save_pauses(self) -> None:
        """Keep what is left of GitHub's waits: the next process would ask again at once."""
        now = self._began_at + timedelta(seconds=self._clock.monotonic() - self._started)
        pending = {key: pause for key, limiter in self._limiters.items() if (pause := limiter.pause()) is not None}
        kept = [
            OwnerPause(key, now + timedelta(seconds=left), reason)
            for key, (left, reason) in pending.items()
            if left > PAUSE_KEPT_FROM_S
        ]
        if kept:
            save_pauses(self._store, kept, now)


def _resting(until: list[datetime]) -> str:
    who = "1 repository rests" if len(until) == 1 else f"{len(until):,} repositories rest"
    return (
        f"{who} until {min(until):%Y-%m-%d %H:%M} UTC because GitHub refused {'it' if len(until) == 1 else 'them'}; "
        "a new token ends that, and so does: python -m collector collect --repo OWNER/NAME"
    )
