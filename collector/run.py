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
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from collector.check import PAUSE_KEPT_FROM_S
from collector.clock import GitHubTime, Stopped, SystemClock
from collector.crew import Crew, Done, Halt, HaltingClock, Task, in_turns
from collector.due import Visit, due_visits, last_look, rests_until
from collector.errors import GitHubError, HostDown, LimitReached, RunStopped, TokenRefused
from collector.github import GitHub
from collector.limits import Owner
from collector.meeting import tell_time
from collector.progress import Progress
from collector.redaction import redacted
from collector.settings import Settings
from collector.tally import Tally
from collector.visits import Visitor
from data.accounts.tenants import operator, tenants
from data.accounts.tokens import OpenToken, TokenVerdict, open_tokens, save_verdicts
from data.accounts.vault import open_vault
from data.collection import ledger
from data.collection.models import CollectableRepository, EndpointResult, RunState
from data.repositories.pauses import OwnerPause, owner_pauses, save_pauses
from data.store import Store
from data.store.locking import LockHeld, exclusive

BATCH_REPOSITORIES = 200
FIRST_BATCH_S, BATCH_S = 5.0, 60.0  # the first one soon: somebody may wait for the first charts
MOST_WORKERS = 64  # over all owners
WAITING_VISITS = 1000  # fetched and not yet saved
BY_NAME = frozenset({"command", "added", "app"})  # triggers with which somebody asks for single repositories
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
        self._tally = Tally()
        self._done: queue.Queue[Done] = queue.Queue(WAITING_VISITS)
        self._tokens: dict[int, OpenToken] = {}
        self._visitors: dict[int, Visitor] = {}  # by tenant
        self._owners: dict[str, Owner] = {}
        self._names: dict[int, str] = {}  # of the tenants
        self._closed = threading.Event()  # nobody saves any more
        self._started = self._clock.monotonic()
        self._began_at = self._time.now()  # by this machine's clock, as pauses are kept
        self._pauses: dict[str, OwnerPause] = {}

    def go(self) -> RunReport:
        """Make the run."""
        self._tokens = open_tokens(self._store, open_vault(self._store.directory), self._time.now())
        found = ledger.collectable_repositories(self._store, self._request.scope, self._time.now())
        if not found:
            return RunReport(None, RunState.COMPLETE, message="There is no repository to collect.")
        self._names = {each.tenant_id: each.name for each in tenants(operator(self._store), self._store)}
        self._pauses = owner_pauses(self._store, self._began_at)
        self._meet_github(found)
        phases = due_visits(found, self._time.now(), self._asked_at_once(found))
        if not any(phases) or self._all_wait(found):
            return self._nothing_to_do(found)
        run_id = ledger.start_run(self._store, self._request.trigger, self._time.now())
        try:
            self._fetch_and_save(run_id, phases)
        finally:
            self._hang_up()
        return self._finish(run_id)

    def _hang_up(self) -> None:
        for visitor in self._visitors.values():
            visitor.github.close()

    def _asked_at_once(self, found: list[CollectableRepository]) -> set[int]:
        """Those that do not rest after a refusal: asked for by name, or with a token that is newer than the refusal."""
        if self._request.scope.repository_ids is not None and self._request.trigger in BY_NAME:
            return {each.repository.repository_id for each in found}
        since = {tenant_id: token.added_at for tenant_id, token in self._tokens.items()}
        at_once = set()
        for each in found:
            added_at, tried = since.get(each.repository.tenant_id), last_look(each)
            if added_at is not None and tried is not None and added_at > tried:
                at_once.add(each.repository.repository_id)
        return at_once

    def _all_wait(self, found: list[CollectableRepository]) -> bool:
        """Whether GitHub has asked every owner of the run to wait: a run that asks nothing is none for the log."""
        tenant_ids = {each.repository.tenant_id for each in found}
        return all(
            tenant_id in self._tokens and self._tokens[tenant_id].owner_key in self._pauses for tenant_id in tenant_ids
        )

    def _nothing_to_do(self, found: list[CollectableRepository]) -> RunReport:
        self._hang_up()
        self._save_verdicts()
        requests = self._so_far(RunState.COMPLETE).requests
        if self._halt.reason:
            self._note(self._halt.reason)
        if self._tally.notes:
            return RunReport(None, RunState.FAILED, requests, message=" ".join(self._tally.notes))
        until = [moment for each in found if (moment := rests_until(each, self._time.now()))]
        return RunReport(None, RunState.COMPLETE, requests, message=_resting(until) if until else None)

    def _meet_github(self, found: list[CollectableRepository]) -> None:
        """Ask GitHub with each token for the time and the state of its limits, which costs nothing there."""
        tried = [state.last_tried_at for each in found for state in each.endpoints.values()]
        for tenant_id in sorted({each.repository.tenant_id for each in found} & self._tokens.keys()):
            visitor = self._visitors[tenant_id] = self._visitor(self._tokens[tenant_id])
            pause = self._pauses.get(self._tokens[tenant_id].owner_key)
            if pause is not None:
                visitor.ended = pause.sentence(self._began_at)
                self._note(f"{self._names.get(tenant_id, 'A tenant')} is not collected: {visitor.ended}")
                continue
            try:
                doubt = tell_time(visitor.github, self._time, max(tried, default=None))
                visitor.accepted = True
                if doubt:
                    self._note(doubt)
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
        github = GitHub(self._settings, token.secret, owner, clock)
        github.time = self._time
        return Visitor(github, token.token_id, self._time)

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
        """What was fetched, in batches of 200 repositories or of a minute; the first one after five seconds."""
        batch: list[Done] = []
        begun, patience_s = time.monotonic(), FIRST_BATCH_S
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
            if len(batch) >= BATCH_REPOSITORIES or (batch and time.monotonic() - begun >= patience_s):
                yield batch
                batch, begun, patience_s = [], time.monotonic(), BATCH_S
        if batch:
            yield batch

    def _save(self, run_id: int, batch: list[Done]) -> None:
        results: list[EndpointResult] = [result for done in batch for result in done.results]
        saved = ledger.save_results(self._store, run_id, results, self._so_far(RunState.RUNNING))
        self._tally.rows_changed += saved.rows_changed
        self._tally.gone |= saved.gone
        self._progress.saved(len({result.repository_id for result in results} - saved.gone), saved.rows_changed)

    def _so_far(self, state: RunState) -> ledger.RunProgress:
        requests = sum(owner.requests for owner in self._owners.values())
        told = " ".join([*self._tally.notes, *self._tally.about_gone()])
        return ledger.RunProgress(state, requests, len(self._tally.repositories), told or None)

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
        for sentence in self._tally.about_gone():
            self._progress.warned(sentence)
        state = self._state()
        progress = self._so_far(state)
        self._save_verdicts()
        self._save_pauses()
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

    def _save_pauses(self) -> None:
        """Keep what is left of GitHub's waits: the next process would ask again at once."""
        now = self._began_at + timedelta(seconds=self._clock.monotonic() - self._started)
        pending = {key: pause for key, owner in self._owners.items() if (pause := owner.pause()) is not None}
        kept = [
            OwnerPause(key, now + timedelta(seconds=left), reason)
            for key, (left, reason) in pending.items()
            if left > PAUSE_KEPT_FROM_S
        ]
        if kept:
            save_pauses(self._store, kept, now)


def _resting(until: list[datetime]) -> str:
    """Why nothing was asked: for people."""
    who = "1 repository rests" if len(until) == 1 else f"{len(until):,} repositories rest"
    return (
        f"{who} until {min(until):%Y-%m-%d %H:%M} UTC because GitHub refused {'it' if len(until) == 1 else 'them'}; "
        "a new token ends that, and so does: python -m collector collect --repo OWNER/NAME"
    )
