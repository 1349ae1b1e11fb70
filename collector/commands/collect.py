"""`collect` and `schedule`: a collection now, and the timer in the foreground; both stop cleanly and say how it went.

What is due when is decided in `data/collection/schedule.py`.
"""

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

import click

from collector import run
from collector.clock import Stopped, SystemClock
from collector.commands.frame import (
    FAILED,
    REFUSED,
    Command,
    CommandFailed,
    CommandRefused,
    CommandResult,
    Session,
    pass_session,
)
from collector.commands.selection import chosen_tenants, named, what_to_track
from collector.commands.terminal import moment
from collector.delivery.http import DEADLINE_S as SENDING_MAY_TAKE_S
from collector.delivery.sender import Sender, public_links
from collector.owner_run import RunReport, RunRequest
from collector.reach import busiest, reaches
from collector.run import Joining, RunInProgress
from data.accounts import tenants, tokens
from data.accounts.encryption import open_cipher
from data.calendar import utc_now
from data.collection.health import ON_HOLD
from data.collection.ledger import Scope, collectable_repositories
from data.collection.log import results
from data.collection.models import LoggedResult, RunState
from data.collection.requests import save_request, take_requests
from data.collection.schedule import ScheduleContext, due_work, next_due
from data.repositories.models import Repository
from data.repositories.repositories import repositories
from data.text import counted

LOOK_EVERY_S = 5.0  # a look at the store's version costs nothing
AFTER_ANOTHER_RUN = timedelta(seconds=30)
CLOCK_WAS_SET = timedelta(minutes=2)  # more than a clock that is kept right ever goes back
AFTER_FAILURE = timedelta(minutes=15)
MOST_RESULTS, MOST_LINES = 1000, 100
_STOPPED_BY = (signal.SIGINT, signal.SIGTERM)


@click.command(cls=Command)
@click.option("--tenant", metavar="NAME", help="Only this tenant's repositories.")
@click.option("--repo", "names", metavar="OWNER/NAME", multiple=True, help="Only this repository; may be repeated.")
@click.option(
    "--requested", "lock", type=int, hidden=True, help="What people asked for in the app, which hands over its lock."
)
@pass_session
def collect(session: Session, tenant: str | None, names: tuple[str, ...], lock: int | None) -> CommandResult:
    """Collect now what is due, and print a summary.

    Ctrl-C stops it early; what is saved stays, and the next run goes on from there.

    \b
    Example:
      python -m collector collect
      python -m collector collect --tenant acme --repo octo/hello
    """
    if lock is not None:
        with stopping_on_signals() as clock:
            return _collect_requested(session, clock, lock)
    owners = {each.tenant_id: each.name for each in chosen_tenants(session, tenant)}
    found = [r for r in repositories(session.viewer, session.store) if r.tenant_id in owners]
    chosen = _collected(session, found, names) if names else found
    if not any(each.state not in ON_HOLD for each in chosen):
        session.terminal.say(
            what_to_track(owners) if not found else "Nothing to collect: everything is paused or removed."
        )
        return CommandResult({"run_id": None, "repositories": 0})
    scope = Scope(
        None if tenant is None else tuple(owners), tuple(each.repository_id for each in chosen) if names else None
    )
    with stopping_on_signals() as clock:
        try:
            result = collect_and_tell(session, RunRequest(scope, "command"), clock)
        except RunInProgress as running:
            save_request(session.store, scope)
            raise CommandFailed(f"{running} It collects this, too.") from running
        _collect_requested(session, clock)
        return result


def _collect_requested(session: Session, clock: SystemClock, lock: int | None = None) -> CommandResult:
    """Collect what people ask for, until nobody asks any more: what came when a collection was all but over, too."""
    result, _ = CommandResult(), session.settings  # refused before a wish is taken
    while not clock.stop.is_set() and (requests := take_requests(session.store)):
        first, *others = [RunRequest(scope, "app") for scope in requests]
        for each in others:
            save_request(session.store, each.scope)
        try:
            result = collect_and_tell(session, first, clock, lock)
        except RunInProgress:
            save_request(session.store, first.scope)
            break
        lock = None
    return result


def _collected(session: Session, found: list[Repository], names: tuple[str, ...]) -> list[Repository]:
    """Those of the names, all of which are collected. Raises: CommandRefused."""
    chosen = named(session, found, names)
    resting = [each.full_name for each in chosen if each.state in ON_HOLD]
    if resting:
        raise CommandRefused(
            f"{', '.join(resting)}: paused or removed. First: python -m collector repo resume TENANT NAME"
        )
    return chosen


@contextmanager
def stopping_on_signals() -> Iterator[SystemClock]:
    """A clock that SIGINT and SIGTERM stop; a second signal has the effect it always has."""
    clock = SystemClock()
    if threading.current_thread() is not threading.main_thread():
        yield clock
        return
    former = {int(number): signal.getsignal(number) for number in _STOPPED_BY}

    def _stop(number: int, _: FrameType | None) -> None:
        clock.stop.set()
        signal.signal(number, former[number])

    for number in _STOPPED_BY:
        signal.signal(number, _stop)
    try:
        yield clock
    finally:
        for number in _STOPPED_BY:
            signal.signal(number, former[number])


def collect_and_tell(
    session: Session, request: RunRequest, clock: SystemClock, lock: int | None = None
) -> CommandResult:
    """Run a collection, then a line of what it did, each failure with its reason, and rows that could not be used.

    Raises: RunInProgress, StoreError, EncryptionError.
    """
    try:
        report = run.collect(session.store, session.settings, request, clock, session.terminal.progress(), lock=lock)
    except Stopped:
        report = RunReport(None, RunState.STOPPED, message="Stopped before anything was collected.")
    troubles: tuple[LoggedResult, ...] = ()
    for run_id in report.run_ids:
        troubles += results(session.viewer, session.store, run_id=run_id, failed_only=True, limit=MOST_RESULTS)
    for line in failure_lines(troubles):
        session.terminal.warn(line)
    session.terminal.say(summary(report))
    facts = {
        **asdict(report),
        "seconds": round(report.seconds, 3),
        "failed": failure_facts([each for each in troubles if each.outcome.failed]),
        "rows_refused": failure_facts([each for each in troubles if not each.outcome.failed]),
    }
    return CommandResult(facts, failed=report.state is not RunState.COMPLETE)


def failure_lines(failures: Sequence[LoggedResult], *, with_run: bool = False) -> list[str]:
    """A line for each repository and reason, with the endpoints that failed for it; a hundred lines at most."""
    grouped: dict[tuple[int, str, str, str], list[str]] = {}
    for each in failures:
        reason = each.message or each.outcome
        grouped.setdefault((each.run_id, each.full_name, each.tenant, reason), []).append(each.endpoint)
    lines = [
        f"{f'Run {run_id}: ' if with_run else ''}{name} ({tenant}), {', '.join(sorted(endpoints))}: {reason}"
        for (run_id, name, tenant, reason), endpoints in grouped.items()
    ]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"... and {len(lines) - MOST_LINES:,} more."]
    return lines


def failure_facts(failures: Sequence[LoggedResult]) -> list[dict[str, Any]]:
    return [
        {
            "run_id": each.run_id,
            "tenant": each.tenant,
            "repository": each.full_name,
            "endpoint": each.endpoint,
            "outcome": each.outcome,
            "status": each.status,
            "reason": each.message,
            "at": each.finished_at,
        }
        for each in failures
    ]


def summary(report: RunReport) -> str:
    counts = (
        counted(report.repositories, "repository"),
        counted(report.requests, "request"),
        f"{counted(report.rows_changed, 'row')} new or changed",
        counted(report.failures, "failure"),
        f"{report.seconds:,.1f} s",
    )
    if report.run_id is None:
        return report.message or "Nothing to collect."
    which = (
        f"Run {report.run_id} is"
        if len(report.run_ids) < 2
        else f"Runs {report.run_ids[0]} to {report.run_ids[-1]} are"
    )
    line = f"{which} {_ENDED[report.state]}: {', '.join(counts)}."
    return f"{line} {report.message}" if report.message else line


_ENDED = {
    RunState.RUNNING: "running",
    RunState.COMPLETE: "complete",
    RunState.PARTIAL: "partly failed",
    RunState.FAILED: "over, and failed",
    RunState.STOPPED: "stopped; what was saved is kept",
}


@click.command(cls=Command)
@pass_session
def schedule(session: Session) -> CommandResult:
    """Collect by the tenants' schedules, until stopped.

    Stays in the foreground, for a service manager or a container. A time that was missed is caught up at the start;
    a repository that was added is collected within a minute; a run that fails does not end it. SIGTERM or Ctrl-C
    stops it, also in the middle of a run: what is committed stays.

    \b
    Example:
      python -m collector schedule
      python -m collector --data /srv/traffic schedule
    """
    session.store.traffic.version()
    open_cipher(session.directory)
    pace = session.settings.requests_a_minute
    with stopping_on_signals() as clock:
        session.terminal.log(
            f"Timer started for {session.directory}, process {os.getpid()}, {pace:,} requests a minute at most. "
            "All times are UTC."
        )
        for sentence in busiest(reaches(session.viewer, session.store)):
            session.terminal.log(sentence)
        timer = Timer(session, clock)
        sender = Sender(session.store, public_links(), session.terminal.log)
        sending = threading.Thread(target=sender.run, args=[clock.stop], name="reports", daemon=True)
        sending.start()
        try:
            while True:
                timer.look()
                clock.sleep(LOOK_EVERY_S)
        except Stopped:
            sending.join(SENDING_MAY_TAKE_S)
            session.terminal.log("Timer stopped.")
    return CommandResult({"runs": timer.runs})


class Timer(Joining):
    """Looks what is due and collects it; what becomes due while that goes on joins it. Remembers what it has tried."""

    def __init__(self, session: Session, clock: SystemClock, now: Callable[[], datetime] = utc_now) -> None:
        self.runs = 0
        self._session = session
        self._clock = clock
        self._now = now
        self._tenants_tried: dict[int, datetime] = {}
        self._repositories_tried: dict[int, datetime] = {}
        self._seen_version = -1
        self._quiet_until: datetime | None = None
        self._looked_at = now()
        self._told: set[str] = set()
        self._told_next = ""
        self._held: list[RunRequest] = []  # which the next collection is given together

    def look(self) -> None:
        """Collect what is due. Raises nothing but Stopped: whatever fails is logged and tried again later."""
        try:
            requests = self.requests()
            if requests:
                self._collect(requests)
        except Stopped:
            raise
        except (*FAILED, *REFUSED) as failure:
            self._failed(str(failure))
        except Exception as error:  # noqa: BLE001 - the timer must outlive every failure
            self._failed(f"Something unexpected went wrong ({type(error).__name__}: {error}).")
            if os.environ.get("TRAFFIC_DEBUG") == "1":
                self._session.terminal.warn(traceback.format_exc())

    def _mind_the_clock(self) -> None:
        """Forget what was noted for moments that a clock set back has not reached: it would silence the timer."""
        now = self._now()
        if now < self._looked_at - CLOCK_WAS_SET:
            self._session.terminal.log(f"The clock was set back to {moment(now)}. Checking again what is due.")
            self._tenants_tried, self._repositories_tried, self._quiet_until = {}, {}, None
        self._looked_at = now

    def _something_may_be_due(self) -> bool:
        """Nothing is as long as nobody has written to the store and no time has come."""
        if self._quiet_until is None or self._now() >= self._quiet_until:
            return True
        return self._version_or_none() != self._seen_version

    def requests(self) -> list[RunRequest]:
        """What is due now, and what people have asked for."""
        self._mind_the_clock()
        held, self._held = self._held, []
        asked = [RunRequest(scope, "app") for scope in take_requests(self._session.store)]
        return [*held, *asked, *(self._due() if self._something_may_be_due() else ())]

    def ended(self, report: RunReport) -> None:
        self.runs += 1
        self._told.clear()
        self._session.terminal.log(summary(report))

    def _due(self) -> list[RunRequest]:
        now, found = self._now(), []
        self._seen_version = self._session.store.traffic.version()
        situation = self._situation(now)
        work = due_work(situation, now)
        self._plan(situation)
        self._tenants_tried |= dict.fromkeys(work.tenant_ids, now)
        self._repositories_tried |= dict.fromkeys(work.new_repository_ids, now)
        if work.tenant_ids:
            names = [each.name for each in situation.tenants if each.tenant_id in work.tenant_ids]
            self._tell_once(f"Due: {', '.join(names)}")
            found.append(RunRequest(Scope(tenant_ids=work.tenant_ids), "schedule"))
        if work.new_repository_ids:
            self._tell_once(f"New: {len(work.new_repository_ids):,} never collected")
            found.append(RunRequest(Scope(repository_ids=work.new_repository_ids), "added"))
        return found

    def _situation(self, now: datetime) -> ScheduleContext:
        store = self._session.store
        viewer = tenants.operator(store)
        return ScheduleContext(
            tenants.tenants(viewer, store),
            collectable_repositories(store, Scope(), now),
            frozenset(each.tenant_id for each in tokens.tokens(viewer, store) if each.state == "valid"),
            self._tenants_tried,
            self._repositories_tried,
        )

    def _collect(self, requests: list[RunRequest]) -> None:
        """Collect the first, which the others join. Where that fails, none of them counts as tried."""
        session = self._session
        first, *self._held = requests
        self._clock.sleep(0)  # a stop that came meanwhile
        try:
            run.collect(session.store, session.settings, first, self._clock, session.terminal.progress(), joining=self)
        except RunInProgress as running:
            self._forget(requests)
            for each in requests:
                if each.trigger == "app":
                    save_request(session.store, each.scope)
            self._tell_once(f"{running} Waiting for its end.")
            self._quiet_until = self._now() + AFTER_ANOTHER_RUN
        except Exception:
            self._forget(requests)
            raise

    def _forget(self, requests: list[RunRequest]) -> None:
        """Not to have tried these."""
        self._held = []
        for each in requests:
            for tried, keys in (
                (self._tenants_tried, each.scope.tenant_ids),
                (self._repositories_tried, each.scope.repository_ids),
            ):
                for key in keys or ():
                    tried.pop(key, None)

    def _plan(self, situation: ScheduleContext) -> None:
        """Be quiet until the next time of anyone, an hour at most, and say once when that is."""
        now = self._now()
        upcoming = next_due(situation.tenants, now)
        self._quiet_until = min([now + timedelta(hours=1), *(at for at, _ in upcoming)])
        if upcoming:
            told = "Next: " + ", ".join(f"{each.name} at {moment(at)}" for at, each in upcoming[:5])
        else:
            told = "No tenant is there yet: python -m collector tenant add NAME"
        if told != self._told_next:
            self._session.terminal.log(told)
            self._told_next = told

    def _tell_once(self, sentence: str) -> None:
        """Log what would otherwise be repeated at every look while another run goes on."""
        if sentence not in self._told:
            self._session.terminal.log(sentence)
            self._told.add(sentence)

    def _failed(self, sentence: str) -> None:
        self._session.terminal.log(f"{sentence} Trying again in {AFTER_FAILURE.seconds // 60} minutes.")
        self._quiet_until, self._seen_version = self._now() + AFTER_FAILURE, self._version_or_none()

    def _version_or_none(self) -> int:
        try:
            return self._session.store.traffic.version()
        except (*FAILED, *REFUSED, OSError):
            return -1
