"""Collecting: what is due, fetched in parallel, saved in batches. What is saved is safe, whatever comes after.

Each token owner has a run of its own (`collector/owner_run.py`), because GitHub limits each by itself: one that waits
or is refused holds up nobody else's. One pool of workers fetches for all, and what they bring is saved together.
Only one process collects in a data directory; what others ask for meanwhile joins it. Of several machines that share a
store each owner is collected by one, which has its lease (`collector/own_leases.py`); the others wait for it.

RunInProgress      another process collects in this data directory
"""

import queue
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from collector.client import Authorization
from collector.clock import GitHubTime, StopFlag, Stopped, SystemClock
from collector.credentials import Access, open_access
from collector.endpoints.endpoint import Phase
from collector.installations import refresh
from collector.own_leases import OwnLeases, lease_name
from collector.owner_run import (
    CONNECTING,
    JobResult,
    OwnerRun,
    Progress,
    RunContext,
    RunReport,
    RunRequest,
)
from collector.settings import Settings
from collector.workers import WorkerPool
from data.accounts.encryption import EncryptionError, open_cipher
from data.accounts.tenants import operator, tenants
from data.accounts.tokens import OpenToken, save_verdicts
from data.collection import ledger
from data.collection.models import CollectableRepository, EndpointResult, RunState
from data.collection.run_requests import save_request, take_requests
from data.repositories.models import Repository
from data.repositories.pauses import owner_pauses, save_pauses
from data.repositories.repositories import repositories
from data.store import Store, StoreAway, StoreError, StoreOvertaken
from data.store.backup import COLLECTING
from data.store.version_files import LockHeld, exclusive
from data.text import one_or_counted

BATCH_REPOSITORIES = 200
FIRST_BATCH_S, BATCH_S = 1.0, 60.0  # the first ones soon, each after twice the time: somebody may wait for charts
SAVED_TOGETHER_S = 0.5  # the days of a run are saved when all are there, its end when it is over; those of many at once
LOOK_EVERY_S = 1.0  # whether something joins
LOOK_FOR_LEASES_S = 5.0  # whether what another machine collected is free now
WAITING_RESULTS = 1000  # fetched and not yet saved
WRITE_AGAIN_S = 5.0  # where the store did not answer

Written = TypeVar("Written")


class RunInProgress(Exception): ...


class Joining:
    """What comes while runs go on: what people ask for, and the repositories that were added since they began."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen_version = store.traffic.version()
        self._newest = self._newest_repository()

    def requests(self) -> list[RunRequest]:
        """What was asked for comes first, and is taken last: where the store fails before, it stays."""
        added = []
        version, newest = self._store.traffic.version(), self._newest
        if version != self._seen_version:
            self._seen_version, self._newest = version, self._newest_repository()
            if self._newest > newest:
                newer = ledger.Scope(repository_ids=tuple(range(newest + 1, self._newest + 1)))
                added.append(RunRequest(newer, "added"))
        return [RunRequest(scope, "app") for scope in take_requests(self._store)] + added

    def ended(self, report: RunReport) -> None: ...  # one of the runs

    def _newest_repository(self) -> int:
        return max((each.repository_id for each in repositories(operator(self._store), self._store)), default=0)


def collect(
    store: Store,
    settings: Settings,
    request: RunRequest,
    clock: SystemClock,
    progress: Progress,
    *,
    joining: Joining | None = None,
    lock: int | None = None,
) -> RunReport:
    """Collect what is due in the request's scope and what joins it meanwhile, and say what came of all.

    With `lock`, this process was handed the lock of the data directory by the one that started it, as this descriptor.
    Raises: RunInProgress, StoreError, EncryptionError. A stop asked for through `clock` ends the runs early and well.
    """
    store.traffic.version()  # says so where there is none
    with _exclusive_run(store.directory, lock):
        if request.trigger != "added":
            for sentence in refresh(store, settings, clock):
                progress.warned(sentence)
        return Collecting(store, settings, clock, progress, joining or Joining(store)).go(request)


@contextmanager
def _exclusive_run(directory: Path, lock: int | None = None) -> Iterator[None]:
    try:
        with exclusive(directory / COLLECTING, "collecting", 0, lock):
            yield
    except LockHeld as held:
        raise RunInProgress(f"A collection is going on already: {held.holder}.") from held


class Collecting:
    """All runs of this process: begins them, hands their jobs to the pool, saves what comes back, ends them."""

    def __init__(
        self, store: Store, settings: Settings, clock: SystemClock, progress: Progress, joining: Joining
    ) -> None:
        self._store, self._clock, self._progress, self._joining = store, clock, progress, joining
        self._stop = StopFlag(clock)
        self._pool = WorkerPool(self._stop)
        self._results: queue.Queue[JobResult] = queue.Queue(WAITING_RESULTS)
        self._access: Access | None = None  # as the newest request has found it
        self._context = RunContext(
            store, settings, clock, self._stop, progress, self._pool, self._deliver, self._authorize
        )
        self._leases = OwnLeases(store)
        self._waiting: list[RunRequest] = []  # for the end of what another machine does, each for one lease
        self._tried: dict[int, list[str | None]] = {}  # by repository, which owners' runs had it
        self._runs: dict[str | None, OwnerRun] = {}  # by token owner
        self._reports: list[RunReport] = []
        self._batch: list[JobResult] = []
        self._saved_at, self._batch_s = time.monotonic(), FIRST_BATCH_S
        self._looked_at = self._looked_for_leases_at = -LOOK_FOR_LEASES_S
        self._jobs_done = self._jobs_reported = 0
        self._is_closed = False  # nobody saves any more

    def go(self, request: RunRequest) -> RunReport:
        try:
            self._begin(request)
            while (self._runs or self._waiting) and not self._stop:
                self._receive()
                self._renew_leases()
                self._save_and_end()
                self._look_who_joins()
            self._stop.set(None)
            self._pool.close()
            while self._runs and self._pool.is_working:  # until what is being fetched is there
                self._receive()
            self._receive()
        finally:
            self._is_closed = True
            if self._access is not None:
                self._access.close()
            self._stop.set(None)
            self._pool.close(wait=True)
            self._progress.finished()
        if self._pool.failure is not None:
            raise self._pool.failure
        for run in self._runs.values():
            run.give_up()
        self._open_logs()
        self._save()
        self._end(list(self._runs.values()))
        if self._waiting and not self._reports:
            return RunReport(None, RunState.STOPPED, message="Stopped while another machine collected this.")
        return _sum_of(self._reports)

    def _begin(self, request: RunRequest) -> None:
        """Begin runs for the token owners of a request; what is of an owner whose run goes on joins that, and what
        another machine collects waits for its end.
        """
        version = self._store.traffic.version()
        by_owner = self._by_owner(request)
        self._leases.take({lease_name(owner_key) for owner_key in by_owner})
        if self._store.traffic.version() != version:  # who had a lease until now may have collected what was due
            by_owner = self._by_owner(request)
        for owner_key, of_owner in by_owner.items():
            if lease_name(owner_key) in self._leases:
                self._take_up(request, owner_key, of_owner)
            else:
                self._wait_for(replace(request, lease=lease_name(owner_key)), of_owner)
        self._keep_leases()
        self._batch_s = FIRST_BATCH_S

    def _by_owner(
        self, request: RunRequest
    ) -> Mapping[str | None, list[tuple[CollectableRepository, OpenToken | None]]]:
        """The repositories of a request by the owner of the token that each is asked with."""
        by_owner: dict[str | None, list[tuple[CollectableRepository, OpenToken | None]]] = defaultdict(list)
        now = GitHubTime(self._clock).now()
        found = ledger.collectable_repositories(self._store, request.scope, now)
        if not found:
            return by_owner
        if self._access is not None:
            self._access.close()
        self._access = open_access(self._store, open_cipher(self._store.directory), now)
        for each in found:
            token = next(iter(self._access.of_repository(each.repository)), None)
            owner_key = None if token is None else token.owner_key
            if request.means(each, owner_key):
                by_owner[owner_key].append((each, token))
                self._tried[each.repository.repository_id] = [owner_key]
        return by_owner

    def _wait_for(self, request: RunRequest, pairs: list[tuple[CollectableRepository, OpenToken | None]]) -> None:
        if all(request.lease != each.lease for each in self._waiting):
            holder = self._leases.elsewhere.get(request.lease or "", "another machine")
            whose = one_or_counted([each.repository.full_name for each, _ in pairs], "repository")
            self._progress.warned(f"Waiting for {holder}, which is collecting {whose}.")
        if request not in self._waiting:
            self._waiting.append(request)

    def _take_up(
        self, request: RunRequest, owner_key: str | None, pairs: list[tuple[CollectableRepository, OpenToken | None]]
    ) -> None:
        """Have the run of this owner ask for repositories, each with the token beside it."""
        now, access = GitHubTime(self._clock).now(), self._access
        assert access is not None, "a request was begun"
        names = {tenant.tenant_id: tenant.name for tenant in tenants(operator(self._store), self._store)}
        run, pause = self._runs.get(owner_key), None
        if run is None:
            lease, time_of_run = self._leases[lease_name(owner_key)], GitHubTime(self._clock)
            run = self._runs[owner_key] = OwnerRun(self._context, request, time_of_run, owner_key, lease)
            pause = owner_pauses(self._store, now).get(owner_key or "")
        tokens = {each.repository.tenant_id: token for each, token in pairs if token is not None}
        fresh = [each for each, _ in pairs if not run.has(request, each)]
        run.begin(request, fresh, tokens, names, pause, why_not=access.why_not)

    def _authorize(self, token: OpenToken) -> str | Authorization:
        assert self._access is not None, "a request was begun"
        return self._access.authorization(token, self._context.settings, self._stop)

    def _fall_back(self, result: JobResult) -> JobResult:
        """The result, unless GitHub has refused what another token or installation of the tenant may be shown: then
        that is asked, and only what was answered well is left here.
        """
        reason = result.run.refusal(result)
        if reason is None or result.fetch is None or self._stop or self._access is None:
            return result
        repository = result.fetch.collectable.repository
        tried = self._tried[repository.repository_id]
        if tried[-1] == result.run.owner_key:
            token = None
            try:
                token = self._another_token(repository, tried)
            except StoreError as failure:  # GitHub's refusal stands: the next run looks again
                self._progress.warned(f"No other token was looked for, for {repository.full_name}: {failure}")
            if token is None:
                return result
            request = RunRequest(ledger.Scope(repository_ids=(repository.repository_id,)), result.run.trigger)
            tried.append(token.owner_key)
            self._take_up(request, token.owner_key, [(result.fetch.collectable, token)])
            result.run.stats.moved.setdefault((token.label, reason), []).append(repository.full_name)
        return replace(result, results=tuple(each for each in result.results if each.outcome.good))

    def _another_token(self, repository: Repository, tried: list[str | None]) -> OpenToken | None:
        """The next one that may ask for a repository, with the lease of its owner."""
        assert self._access is not None, "a request was begun"
        out = {*tried, *owner_pauses(self._store, GitHubTime(self._clock).now())}
        token = next((each for each in self._access.of_repository(repository) if each.owner_key not in out), None)
        if token is not None:
            self._leases.take({lease_name(token.owner_key)})
        return token if token is not None and lease_name(token.owner_key) in self._leases else None

    def _receive(self) -> None:
        """Take what was fetched, a batch at most, waiting a moment for the first of it."""
        is_coming = self._stop or any(not run.is_over for run in self._runs.values())
        is_idle = not self._runs and not self._stop  # until another machine is done
        wait = 0.1 if (self._pool.is_working and is_coming) or is_idle else 0.0
        with suppress(queue.Empty):
            while self._stop or len(self._batch) < BATCH_REPOSITORIES:
                result = self._results.get(timeout=wait) if wait else self._results.get_nowait()
                result, wait = self._fall_back(result), 0.0
                result.run.received(result)
                if result.fetch is not None:
                    self._batch.append(result)
                if result.fetch is not None and result.is_whole:
                    self._jobs_done += 1
                    self._progress.advanced(self._jobs_done, result.fetch.collectable.repository.full_name)
        if self._pool.failure is not None:
            self._stop.set(None)

    def _is_full(self) -> bool:
        is_late = bool(self._batch) and time.monotonic() - self._saved_at >= self._batch_s
        return is_late or len(self._batch) >= BATCH_REPOSITORIES

    def _save_and_end(self) -> None:
        """Save when it is time, and end the runs of which all is saved then."""
        if self._stop:
            return
        self._open_logs()
        over = [run for run in self._runs.values() if run.is_over]
        since, all_over = time.monotonic() - self._saved_at, len(over) == len(self._runs)
        days_are_there = any(each.is_of_days and not each.run.jobs_of_phase[Phase.DAYS] for each in self._batch)
        if all_over or self._is_full() or ((days_are_there or over) and since >= SAVED_TOGETHER_S):
            self._save()
            self._end(over)

    def _look_who_joins(self) -> None:
        if time.monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            try:
                for request in self._joining.requests():
                    self._join(request)
            except (StoreError, EncryptionError) as failure:
                self._progress.warned(str(failure))
            self._look_for_leases()

    def _join(self, request: RunRequest) -> None:
        """What cannot join ends no run. Where it is the store's fault it comes again, to another run if need be."""
        try:
            self._begin(request)
        except (StoreError, EncryptionError) as failure:
            self._progress.warned(str(failure))
            if isinstance(failure, StoreError):
                self._looked_at = time.monotonic() + WRITE_AGAIN_S
                save_request(self._store, request.scope)

    def _look_for_leases(self) -> None:
        """Take up what another machine has collected until now, where it is still due."""
        if not self._waiting or time.monotonic() - self._looked_for_leases_at < LOOK_FOR_LEASES_S:
            return
        self._looked_for_leases_at = time.monotonic()
        try:
            self._leases.take({request.lease for request in self._waiting if request.lease})
            for request in [each for each in self._waiting if (each.lease or "") in self._leases]:
                self._waiting.remove(request)
                self._begin_waiting(request)
        except (StoreError, EncryptionError) as failure:
            self._progress.warned(str(failure))

    def _begin_waiting(self, request: RunRequest) -> None:
        try:
            self._begin(request)
        except StoreError:
            self._waiting.append(request)
            raise

    def _renew_leases(self, *, before_saving: bool = False) -> None:
        try:
            self._leases.renew(before_saving=before_saving)
        except StoreError as failure:  # nothing is asked beyond their deadline; they are renewed where nobody took them
            self._progress.warned(str(failure))
        for run in self._runs.values():
            if run.lease.is_overtaken:
                run.give_way()

    def _keep_leases(self) -> None:
        """Those of runs that go on; others may have the rest. What is not given back runs out."""
        try:
            self._leases.keep({lease_name(owner_key) for owner_key in self._runs})
        except StoreError as failure:
            self._progress.warned(str(failure))

    def _open_logs(self) -> None:
        """Open the system log for the runs that have found something to do since, and report how much."""
        fresh = [run for run in self._runs.values() if run.is_asked and run.run_id is None]
        for trigger in dict.fromkeys(run.trigger for run in fresh):
            of_trigger = [run for run in fresh if run.trigger == trigger]
            now, fences = of_trigger[0].time.now(), [run.lease.lease.fence for run in of_trigger]
            beside = self._leases.fences
            first = self._patiently(partial(ledger.start_run, self._store, trigger, now, fences, beside))
            for run_id, run in enumerate(of_trigger, start=first):
                run.run_id = run_id
        if not any(run.jobs_of_phase[CONNECTING] for run in self._runs.values()):
            jobs = self._jobs_done + sum(run.jobs for run in self._runs.values())
            if jobs > self._jobs_reported:
                self._progress.started(jobs)
                self._jobs_reported = jobs

    def _patiently(self, write: Callable[[], Written]) -> Written:
        """What a write answers. While a server of the store is away, what was fetched waits: what is being fetched ends
        when the queue is full. Raises: StoreAway where the run is to stop meanwhile.
        """
        is_warned = False
        while True:
            try:
                return write()
            except (StoreAway, StoreOvertaken) as away:
                if self._stop:
                    raise
                if not is_warned:
                    self._progress.warned(f"{away} What was fetched is kept until then.")
                is_warned = True
                with suppress(Stopped):
                    self._stop.sleep(WRITE_AGAIN_S)

    def _deliver(self, result: JobResult) -> None:
        while not self._is_closed:
            try:
                self._results.put(result, timeout=0.2)
            except queue.Full:
                continue
            return

    def _save(self) -> None:
        """Save what was fetched for all runs, in one commit."""
        if self._batch:
            self._renew_leases(before_saving=True)
            of_runs: dict[OwnerRun, list[EndpointResult]] = defaultdict(list)
            for each in self._batch:
                of_runs[each.run] += each.results
            batches = [run.batch(results) for run, results in of_runs.items()]
            saved = self._patiently(lambda: ledger.save_results(self._store, batches))
            there: set[int] = set()
            for (run, results), of_run in zip(of_runs.items(), saved, strict=True):
                if of_run.is_overtaken:
                    run.give_way()
                    continue
                run.stats.rows_changed += of_run.rows_changed
                run.stats.gone |= of_run.gone
                there |= {result.repository_id for result in results} - of_run.gone
            if there:
                self._progress.saved(len(there), sum(of_run.rows_changed for of_run in saved))
            self._batch = []
            self._batch_s = min(self._batch_s * 2, BATCH_S)
        self._saved_at = time.monotonic()

    def _end(self, over: Sequence[OwnerRun]) -> None:
        """Close runs of which all is saved: what they have learned, what stands out now, their lines in the log."""
        for run in over:
            run.end()
            del self._runs[run.owner_key]
        verdicts = [verdict for run in over for verdict in run.verdicts()]
        if verdicts:
            self._patiently(lambda: save_verdicts(self._store, verdicts, over[0].time.now()))
        pauses = [pause for run in over if (pause := run.pause()) is not None]
        limits = [limit for run in over if (limit := run.limit()) is not None]
        if pauses or limits:
            self._patiently(lambda: save_pauses(self._store, pauses, GitHubTime(self._clock).now(), limits))
        logged = {run.run_id: run for run in over if run.run_id is not None}
        if logged:
            from data.insight.spikes import save_spikes  # noqa: PLC0415 - brings numpy, which no run needs before its end

            now = next(iter(logged.values())).time.now()
            repository_ids = set().union(
                *(run.stats.repositories for run in logged.values() if not run.lease.is_overtaken)
            )
            ended = {key: run.progress(run.state()) for key, run in logged.items()}
            self._patiently(lambda: save_spikes(self._store, repository_ids, now.date()))
            self._patiently(lambda: ledger.finish_runs(self._store, ended, now))
        self._keep_leases()
        for run in over:
            self._reports.append(run.report())
            self._joining.ended(self._reports[-1])


def _sum_of(reports: Sequence[RunReport]) -> RunReport:
    """What came of all runs together."""
    if not reports:
        return RunReport(None, RunState.COMPLETE, message="There is no repository to collect.")
    if len(reports) == 1:
        return reports[0]
    states, run_ids = {each.state for each in reports}, sorted(key for each in reports for key in each.run_ids)
    (state,) = states if len(states) == 1 else {RunState.STOPPED if RunState.STOPPED in states else RunState.PARTIAL}
    return RunReport(
        run_ids[0] if run_ids else None,
        state,
        sum(each.requests for each in reports),
        sum(each.repositories for each in reports),
        sum(each.failures for each in reports),
        sum(each.rows_changed for each in reports),
        max(each.seconds for each in reports),
        " ".join(dict.fromkeys(each.message for each in reports if each.message)) or None,
        tuple(run_ids),
    )
