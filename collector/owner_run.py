"""The run of one token owner: its tokens, its limits, its jobs, and what it says of itself in the system log.

The jobs are made by workers; all else is called by the one thread that looks after all runs (`collector/run.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from collector.client import DOUBTED_FROM, Authorization, GitHub
from collector.clock import GitHubTime, MustWait, StopFlag, Stopped, SystemClock
from collector.discovery import PAUSE_KEPT_FROM_S
from collector.endpoints.endpoint import Endpoint, Phase
from collector.endpoints.traffic import TrafficObservation
from collector.errors import GitHubError, HostDown, LimitReached, RunStopped, TokenRefused
from collector.fetcher import FetchJob, RepositoryFetcher, due_jobs
from collector.own_leases import OVERTAKEN, OwnLease, lease_name
from collector.rate_limit import RateLimiter, pace_file
from collector.redaction import redacted
from collector.settings import Settings
from collector.workers import Job, JobQueue, WorkerPool, round_robin
from data.accounts.tokens import OpenToken, TokenVerdict
from data.collection.ledger import Batch, RunProgress, Scope, views_since
from data.collection.models import CollectableRepository, EndpointResult, Outcome, RunState
from data.collection.schedule import LOOKS, last_look, last_tried, rests_until
from data.repositories.pauses import OwnerLimit, OwnerPause
from data.store import Store
from data.traffic.models import Metric

CONNECTING = 0  # the phase before those of the endpoints: GitHub's clock, and the state of its limits
LONGEST_SLEEP_S = 5.0  # of a worker; a longer wait is nobody's who could do something else
BY_NAME = frozenset({"command", "added", "app"})  # triggers with which somebody asks for single repositories
OUTAGE_FROM = 5  # so many repositories, all without a single view, are more likely an outage at GitHub
REFUSED_HERE = {Outcome.NO_PERMISSION, Outcome.MISSING}
ABSURD_FROM = timedelta(days=400)  # ahead of this machine and of all that is stored


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to collect, and what started it: schedule, command, added, app.

    With `due_since` only what nobody has tried since then, on whichever machine; with `lease` only what is of that one.
    """

    scope: Scope
    trigger: str
    due_since: datetime | None = None
    lease: str | None = None

    def means(self, each: CollectableRepository, owner_key: str | None) -> bool:
        tried = last_tried(each)
        is_due = self.due_since is None or tried is None or tried < self.due_since
        return is_due and self.lease in {None, lease_name(owner_key)}

    @property
    def wakes(self) -> bool:
        """Whether what rests after a refusal is asked for, too: on the command line, or by its name."""
        return self.trigger == "command" or (self.scope.repository_ids is not None and self.trigger in BY_NAME)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What came of a run; `run_id` is None where there was nothing to collect.

    Of several runs it has the sum, and `run_ids` has more than one.
    """

    run_id: int | None
    state: RunState
    requests: int = 0
    repositories: int = 0
    failures: int = 0
    rows_changed: int = 0
    seconds: float = 0.0
    message: str | None = None
    run_ids: tuple[int, ...] = ()


class Progress:
    """What runs say while they go on, from the thread that saves and from those that fetch. This one says nothing."""

    def started(self, jobs: int) -> None: ...  # a job fetches some endpoints of one repository; called anew with more

    def advanced(self, done: int, name: str) -> None: ...  # `name` is the repository of the last job

    def waiting(self, seconds: float, reason: str) -> None: ...  # because of GitHub's limits

    def saved(self, repositories: int, rows_changed: int) -> None: ...  # what is committed is safe

    def warned(self, sentence: str) -> None: ...  # something is odd or failed; the run goes on

    def finished(self) -> None: ...


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all runs of this process share."""

    store: Store
    settings: Settings
    clock: SystemClock
    stop: StopFlag
    progress: Progress
    pool: WorkerPool
    deliver: Callable[["JobResult"], None]
    authorize: Callable[[OpenToken], str | Authorization]  # what a client of a token signs in with


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a job brought; without a fetch, one of the first requests. What is left of it comes later."""

    run: "OwnerRun"
    fetch: FetchJob | None
    results: tuple[EndpointResult, ...] = ()
    notes: tuple[str, ...] = ()
    is_whole: bool = True

    @property
    def is_of_days(self) -> bool:
        return self.fetch is not None and self.fetch.endpoints[0].phase is Phase.DAYS


@dataclass(slots=True)
class RunStats:
    failures: int = 0
    good: int = 0
    rows_changed: int = 0
    repositories: set[int] = field(default_factory=set)
    views_windows: int = 0
    views_seen: int = 0
    notes: list[str] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    moved: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # names by the new credential and the reason

    def about_gone(self) -> list[str]:
        """What became of repositories that were deleted while the run asked about them: nobody's fault, but noted."""
        if not self.gone:
            return []
        return [f"Deleted meanwhile: {len(self.gone):,} of the repositories. What was fetched of them is dropped."]

    def about_moved(self) -> list[str]:
        """Which repositories were collected with another credential, and why; a few by name."""
        notes = []
        for (label, reason), names in self.moved.items():
            more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
            notes.append(f"{', '.join(names[:3])}{more}: collected with {label} instead. {reason}")
        return notes

    def count(self, fetch: FetchJob, results: Iterable[EndpointResult]) -> None:
        self.repositories.add(fetch.collectable.repository.repository_id)
        for answer in results:
            self.good += answer.outcome.good
            self.failures += not answer.outcome.good and answer.outcome is not Outcome.NOT_GRANTED
            seen = answer.observation
            if isinstance(seen, TrafficObservation) and seen.metric is Metric.VIEWS and seen.window:
                self.views_windows += 1
                self.views_seen += seen.window.total


def clock_sync(github: GitHub, time: GitHubTime, newest_stored: datetime | None) -> str | None:
    """Set the run's time by GitHub's clock; a sentence where it cannot be right and this machine's is taken.

    It is the first request of a run: all its days follow from the answer. A date that is more than a day from this
    machine's is asked for once more: one server of GitHub's may be wrong.
    Raises: GitHubError, MustWait, Stopped.
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


class OwnerRun:
    def __init__(
        self, context: RunContext, request: RunRequest, time: GitHubTime, owner_key: str | None, lease: OwnLease
    ) -> None:
        self.run_id: int | None = None
        self.lease = lease
        self.trigger = request.trigger
        self.owner_key = owner_key  # None: of tenants without a token that can be used
        self.stats = RunStats()
        self.time = time
        self.jobs = 0  # that are not made yet; of each phase, of each repository
        self.jobs_of_phase: Counter[int] = Counter()
        self.jobs_of: Counter[int] = Counter()
        self.is_asked = False  # whether there was anything to ask or to say: else it is no run for the log
        self.collectable: dict[int, CollectableRepository] = {}
        self._context = context
        self._began_at = time.now()  # by this machine's clock, as pauses are kept
        self._started = context.clock.monotonic()
        self._tokens: dict[int, OpenToken] = {}  # by tenant, as the next
        self._fetchers: dict[int, RepositoryFetcher] = {}
        self._is_paused = False
        self._held: list[tuple[RunRequest, list[CollectableRepository]]] = []  # until GitHub's clock is known
        self._limiter = RateLimiter(
            context.settings,
            context.stop,
            context.progress.waiting,
            sleeps_for_s=LONGEST_SLEEP_S,
            kept_in=None if owner_key is None else pace_file(context.store.directory, owner_key),
            lease=lease,
        )
        self.queue = JobQueue(self._limiter, context.settings.concurrency)

    @property
    def is_over(self) -> bool:
        return not self.jobs

    def has(self, request: RunRequest, each: CollectableRepository) -> bool:
        """Whether a repository need not join: it is still to be asked, or only its next time has come meanwhile."""
        key = each.repository.repository_id
        return self.jobs_of[key] > 0 or (request.trigger == "schedule" and key in self.collectable)

    def begin(
        self,
        request: RunRequest,
        added: list[CollectableRepository],
        tokens: Mapping[int, OpenToken],
        names: Mapping[int, str],
        pause: OwnerPause | None,
        *,
        why_not: Callable[[int], list[str]] = lambda tenant_id: [],
    ) -> None:
        """Take up repositories: those that the run begins with, or that join it. `why_not` says what keeps a tenant
        without a token from collecting.
        """
        self.collectable |= {each.repository.repository_id: each for each in added}
        connects = []
        for tenant_id in sorted({each.repository.tenant_id for each in added} - self._fetchers.keys()):
            named = names.get(tenant_id, "A tenant")
            if self.owner_key is None:
                self.is_asked = True
                self.note(
                    " ".join(
                        why_not(tenant_id)
                        or [
                            f"{named} has no token that can be used: its repositories are not collected. Store one: "
                            "python -m collector tenant token NAME"
                        ]
                    )
                )
                continue
            fetcher = self._fetchers[tenant_id] = self._fetcher(tokens[tenant_id])
            if pause is not None:
                fetcher.ended, self._is_paused = pause.sentence(self._began_at), True
                self.note(f"{named} is not collected: {fetcher.ended}")
                continue
            connects.append(Job(self.queue, CONNECTING, partial(self._connect, fetcher, named, _newest_stored(added))))
        self._tokens |= {each: tokens[each] for each in self._fetchers if each in tokens}
        if self.owner_key is not None and not self._is_paused:
            self._held.append((request, added))
            self._add(connects, first=True)
            self.look()

    def look(self) -> None:
        """Once GitHub's clock is known, make jobs of what is due at that moment."""
        if self.jobs_of_phase[CONNECTING]:
            return
        for request, found in self._held:
            found.sort(key=lambda each: bool(each.endpoints))  # those never asked for before the others
            at_once, anew = self._asked_at_once(request, found), request.trigger not in BY_NAME
            phases = due_jobs(found, self.time.now(), at_once, anew=anew)
            self.is_asked |= any(phases)
            for phase, of_phase in zip(Phase, phases, strict=True):
                by_tenant: dict[int, list[Job]] = {}
                for fetch in of_phase:
                    tenant_id = fetch.collectable.repository.tenant_id
                    by_tenant.setdefault(tenant_id, []).append(self._job(self._fetchers[tenant_id], phase, fetch))
                    self.jobs_of[fetch.collectable.repository.repository_id] += 1
                self._add(round_robin(by_tenant.values()), first=request.trigger in BY_NAME)
        self._held.clear()

    def received(self, result: JobResult) -> None:
        """Count what a job has brought, and what follows from it."""
        for sentence in result.notes:
            self.note(sentence)
        if result.fetch is not None:
            self.stats.count(result.fetch, result.results)
        if result.is_whole:
            self.jobs -= 1
            self.jobs_of_phase[CONNECTING if result.fetch is None else result.fetch.endpoints[0].phase] -= 1
            if result.fetch is not None:
                self.jobs_of[result.fetch.collectable.repository.repository_id] -= 1
        if result.fetch is None and not self._context.stop:
            self.look()

    def refusal(self, result: JobResult) -> str | None:
        """Why another credential may bring what this one did not; None where it brought it, or no other would."""
        if result.fetch is None:
            return None
        fetcher = self._fetchers[result.fetch.collectable.repository.tenant_id]
        if fetcher.is_refused:
            return fetcher.ended
        looks = [each for each in result.results if each.endpoint in LOOKS]
        return next((each.message for each in looks if each.outcome in REFUSED_HERE), None)

    def note(self, sentence: str) -> None:
        if sentence not in self.stats.notes:
            self.stats.notes.append(sentence)
            self._context.progress.warned(sentence)

    def progress(self, state: RunState) -> RunProgress:
        message = " ".join([*self.stats.notes, *self.stats.about_gone()])
        return RunProgress(state, self._limiter.requests, len(self.stats.repositories), message or None)

    def give_up(self) -> None:
        """All is stopped: what it had not even begun with was asked for all the same."""
        self.is_asked |= any(any(due_jobs(found, self.time.now())) for _, found in self._held)

    def give_way(self) -> None:
        """Another machine has taken the lease over: ask for nothing more."""
        self.lease.is_overtaken = True
        self.note(OVERTAKEN)
        for fetcher in self._fetchers.values():
            fetcher.ended = fetcher.ended or OVERTAKEN

    def batch(self, results: list[EndpointResult]) -> Batch:
        assert self.run_id is not None, "the log of a run is open before anything is saved"
        return Batch(self.run_id, results, self.progress(RunState.RUNNING), self.lease.lease.fence)

    def end(self) -> None:
        """Nothing is asked any more: close the connections, and say why not all was."""
        for fetcher in self._fetchers.values():
            fetcher.github.close()
        if self._context.stop.reason:
            self.note(self._context.stop.reason)
        if self.run_id is None:
            return
        for sentence in sorted({fetcher.ended for fetcher in self._fetchers.values() if fetcher.ended}):
            if not any(sentence in note for note in self.stats.notes):
                self.note(sentence)
        for sentence in self.stats.about_moved():
            self.note(sentence)
        self._note_outage()
        for sentence in self.stats.about_gone():
            self._context.progress.warned(sentence)

    def report(self) -> RunReport:
        progress = self.progress(self.state())
        if self.run_id is None:
            if self.stats.notes:
                return RunReport(None, RunState.FAILED, progress.requests, message=progress.message)
            until = [moment for each in self.collectable.values() if (moment := rests_until(each, self.time.now()))]
            return RunReport(None, RunState.COMPLETE, progress.requests, message=_resting(until) if until else None)
        seconds, stats = self._context.clock.monotonic() - self._started, self.stats
        return RunReport(
            self.run_id, progress.state, progress.requests, progress.repositories, stats.failures, stats.rows_changed,
            seconds, progress.message, (self.run_id,),
        )  # fmt: skip

    def verdicts(self) -> list[TokenVerdict]:
        """Refused tokens and changed expiries; where nothing was learned, nothing."""
        verdicts = []
        for tenant_id, fetcher in self._fetchers.items():
            if fetcher.token_id is None:  # of an installation: its state is noted where all are listed
                continue
            token, expires_at = self._tokens[tenant_id], fetcher.github.token_expires_at
            refused = fetcher.github.token_refused
            stored = (token.valid, token.expires_at)
            if refused is None and not fetcher.accepted:
                continue
            if stored != (refused is None, expires_at or token.expires_at) or refused is not None:
                state = "valid" if refused is None else "invalid"
                verdicts.append(TokenVerdict(token.token_id, state, refused, expires_at))
        return verdicts

    def pause(self) -> OwnerPause | None:
        """What is left of GitHub's wait, to be kept: the next process would ask again at once."""
        left, reason = self._limiter.pause() or (0.0, "")
        if self.owner_key is None or left <= PAUSE_KEPT_FROM_S:
            return None
        now = self._began_at + timedelta(seconds=self._context.clock.monotonic() - self._started)
        return OwnerPause(self.owner_key, now + timedelta(seconds=left), reason)

    def limit(self) -> OwnerLimit | None:
        """The owner's hourly limit by GitHub's newest answer; None where it had none."""
        limit = self._limiter.hourly_limit
        return OwnerLimit(self.owner_key, *limit) if self.owner_key is not None and limit is not None else None

    def _fetcher(self, token: OpenToken) -> RepositoryFetcher:
        github = GitHub(self._context.settings, self._context.authorize(token), self._limiter, self._context.stop)
        github.time = self.time
        return RepositoryFetcher(github, token.token_id or None, self.time)

    def _asked_at_once(self, request: RunRequest, collectables: list[CollectableRepository]) -> set[int]:
        """Those that do not rest after a refusal: somebody asks for them, or the token is newer than the refusal."""
        if request.wakes:
            return {each.repository.repository_id for each in collectables}
        at_once = set()
        for each in collectables:
            token, tried = self._tokens.get(each.repository.tenant_id), last_look(each)
            if token is not None and tried is not None and token.added_at is not None and token.added_at > tried:
                at_once.add(each.repository.repository_id)
        return at_once

    def _add(self, jobs: list[Job], *, first: bool) -> None:
        self.jobs += len(jobs)
        self.jobs_of_phase.update(job.phase for job in jobs)
        if jobs:
            self._context.pool.add(self.queue, jobs, first=first)

    def _job(self, fetcher: RepositoryFetcher, phase: int, fetch: FetchJob) -> Job:
        return Job(self.queue, phase, partial(self._fetch, fetcher, phase, fetch))

    def _connect(self, fetcher: RepositoryFetcher, tenant_name: str, newest_stored: datetime | None) -> Job | None:
        """In a worker: ask with one token for the time and the state of its limits, which costs nothing there."""
        stop, notes = self._context.stop, []
        try:
            doubt = clock_sync(fetcher.github, self.time, newest_stored)
            fetcher.accepted = True
            notes += [doubt] if doubt else []
        except MustWait:
            return Job(self.queue, CONNECTING, partial(self._connect, fetcher, tenant_name, newest_stored))
        except (TokenRefused, LimitReached) as error:
            fetcher.is_refused, fetcher.ended = isinstance(error, TokenRefused), redacted(str(error))
            what = "token" if fetcher.token_id else "GitHub App"
            notes.append(f"The {what} of {tenant_name} is not used: {fetcher.ended}")
        except (HostDown, RunStopped) as error:
            stop.set(redacted(str(error)))
        except Stopped:
            stop.set(None)
        except GitHubError as error:
            self._context.progress.warned(f"GitHub's limits are not known yet: {redacted(str(error))}")
        self._context.deliver(JobResult(self, None, notes=tuple(notes)))
        return None

    def _fetch(self, fetcher: RepositoryFetcher, phase: int, fetch: FetchJob) -> Job | None:
        """In a worker: make a job as far as it comes; what was answered before it ended is kept, what GitHub's limit
        leaves over is for later.
        """
        results: list[EndpointResult] = []
        left: tuple[Endpoint, ...] = ()
        stop = self._context.stop
        if fetcher.ended:
            results.append(self._skipped(fetch, [], fetcher.ended))
        else:
            try:
                for result in fetcher.results(fetch):
                    results.append(result)
                stop.host_answered()
            except MustWait:
                answered = {result.endpoint for result in results}
                left = tuple(each for each in fetch.endpoints if each.name not in answered)
            except Stopped:
                pass
            except (TokenRefused, LimitReached) as error:
                fetcher.is_refused, fetcher.ended = isinstance(error, TokenRefused), redacted(str(error))
                results.append(self._skipped(fetch, results, fetcher.ended))
            except HostDown as error:
                stop.host_down(error)
                results.append(self._skipped(fetch, results, redacted(str(error))))
            except RunStopped as error:
                stop.set(redacted(str(error)))
                results.append(self._skipped(fetch, results, redacted(str(error))))
        if results or not left:
            self._context.deliver(JobResult(self, fetch, tuple(results), is_whole=not left))
        return self._job(fetcher, phase, FetchJob(fetch.collectable, left)) if left else None

    def _skipped(self, fetch: FetchJob, results: list[EndpointResult], reason: str) -> EndpointResult:
        """The row of the log for the endpoint at which the job ended: the first without a result."""
        answered = {result.endpoint for result in results}
        left = next((each for each in fetch.endpoints if each.name not in answered), fetch.endpoints[-1])
        key = fetch.collectable.repository.repository_id
        return EndpointResult(key, left.name, self.time.now(), Outcome.SKIPPED, 0, message=reason)

    def state(self) -> RunState:
        if self._context.clock.stop.is_set() or self.lease.is_overtaken:
            return RunState.STOPPED
        if not self.stats.failures and not self.stats.notes:
            return RunState.COMPLETE
        return RunState.PARTIAL if self.stats.good else RunState.FAILED

    def _note_outage(self) -> None:
        """In August 2019 GitHub reported zero for every repository for some days: that is taken, and pointed out."""
        if self.stats.views_windows < OUTAGE_FROM or self.stats.views_seen:
            return
        since = self.time.now().date() - timedelta(days=30)
        scope = Scope(repository_ids=tuple(self.collectable))
        if views_since(self._context.store, scope, since):
            self.note(
                f"GitHub reported no views for any of {self.stats.views_windows} repositories. That may be an "
                "outage there; higher numbers that were stored before are kept."
            )


def _newest_stored(collectables: list[CollectableRepository]) -> datetime | None:
    return max((state.last_tried_at for each in collectables for state in each.endpoints.values()), default=None)


def _resting(until: list[datetime]) -> str:
    who = "1 repository rests" if len(until) == 1 else f"{len(until):,} repositories rest"
    return (
        f"{who} until {min(until):%Y-%m-%d %H:%M} UTC because GitHub refused {'it' if len(until) == 1 else 'them'}; "
        "a new token ends that, and so does: python -m collector collect"
    )
