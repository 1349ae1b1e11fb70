"""`schedule`: the timer in the foreground. What is due when is decided in `data/collection/schedule.py`."""

import os
import threading
import traceback
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click

from collector import run
from collector.clock import Stopped, SystemClock
from collector.commands.collect import stopping_on_signals, summary
from collector.commands.frame import (
    FAILED,
    Command,
    CommandResult,
    Session,
    pass_session,
)
from collector.commands.terminal import moment
from collector.delivery.http import DEADLINE_S as SENDING_MAY_TAKE_S
from collector.delivery.sender import Sender, public_links
from collector.owner_run import RunReport, RunRequest
from collector.reach import busiest, reaches
from collector.redaction import place_of
from collector.run import Joining, RunInProgress
from data.accounts import github_app, tenants, tokens
from data.accounts.encryption import open_cipher
from data.calendar import utc_now
from data.collection.ledger import Scope, collectable_repositories
from data.collection.run_requests import save_request, take_requests
from data.collection.schedule import ScheduleContext, due_work, last_time, next_due
from data.refusals import Refused
from data.store import StoreAway
from data.text import counted

LOOK_EVERY_S = 5.0  # a look at the store's version costs nothing
AFTER_ANOTHER_RUN = timedelta(seconds=30)
CLOCK_WAS_SET = timedelta(minutes=2)  # more than a clock that is kept right ever goes back
AFTER_FAILURE = timedelta(minutes=15)
AFTER_SILENCE = timedelta(minutes=1)  # of a server of the store: to ask whether it is back costs nobody anything
TIDY_EVERY, TIDY_LOOK = timedelta(days=1), timedelta(hours=1)
NEVER = datetime.min.replace(tzinfo=UTC)


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
        self._looked_at = self._tidy_at = now()
        self._logged: set[str] = set()
        self._plan_logged = ""
        self._held: list[RunRequest] = []  # which the next collection is given together

    def look(self) -> None:
        """Collect what is due. Raises nothing but Stopped: whatever fails is logged and tried again later."""
        try:
            requests = self.requests()
            if requests:
                self._collect(requests)
            self._tidy()
        except Stopped:
            raise
        except (*FAILED, Refused) as failure:
            self._failed(str(failure), AFTER_SILENCE if isinstance(failure, StoreAway) else AFTER_FAILURE)
        except Exception as error:  # noqa: BLE001 - the timer must outlive every failure
            self._failed(f"Something unexpected went wrong ({place_of(error)}: {error}).", AFTER_FAILURE)
            if os.environ.get("TRAFFIC_DEBUG") == "1":
                self._session.terminal.warn(traceback.format_exc())

    def _tidy(self) -> None:
        """Once a day; whether it is time is asked once an hour."""
        if self._now() >= self._tidy_at:
            self._tidy_at = self._now() + TIDY_LOOK
            if done := self._session.store.traffic.tidy(TIDY_EVERY):
                self._session.terminal.log(done)

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
        """What is due now, and what people have asked for; taken last, so that it stays where the store fails."""
        self._mind_the_clock()
        due = self._due() if self._something_may_be_due() else []
        held, self._held = self._held, []
        return [*held, *(RunRequest(scope, "app") for scope in take_requests(self._session.store)), *due]

    def ended(self, report: RunReport) -> None:
        self.runs += 1
        self._logged.clear()
        self._session.terminal.log(summary(report))

    def _due(self) -> list[RunRequest]:
        now, found = self._now(), []
        self._seen_version = self._session.store.traffic.version()
        situation = self._situation(now)
        work = due_work(situation, now)
        self._plan(situation)
        self._tenants_tried |= dict.fromkeys(work.tenant_ids, now)
        self._repositories_tried |= dict.fromkeys(work.new_repository_ids, now)
        if due := [each for each in situation.tenants if each.tenant_id in work.tenant_ids]:
            self._log_once(f"Due: {', '.join(each.name for each in due)}")
            by_time = defaultdict(list)
            for each in due:
                by_time[last_time(each.schedule, now)].append(each.tenant_id)
            found += [RunRequest(Scope(tenant_ids=tuple(ids)), "schedule", at) for at, ids in sorted(by_time.items())]
        if work.new_repository_ids:
            self._log_once(f"New: {len(work.new_repository_ids):,} never collected")
            found.append(RunRequest(Scope(repository_ids=work.new_repository_ids), "added", NEVER))
        return found

    def _situation(self, now: datetime) -> ScheduleContext:
        store = self._session.store
        viewer = tenants.operator(store)
        return ScheduleContext(
            tenants.tenants(viewer, store),
            collectable_repositories(store, Scope(), now),
            frozenset(each.tenant_id for each in tokens.tokens(viewer, store) if each.state == "valid")
            | github_app.collecting(viewer, store),
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
            self._log_once(f"{running} Waiting for its end.")
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
            plan = "Next: " + ", ".join(f"{each.name} at {moment(at)}" for at, each in upcoming[:5])
        else:
            plan = "No tenant is there yet: python -m collector tenant add NAME"
        if plan != self._plan_logged:
            self._session.terminal.log(plan)
            self._plan_logged = plan

    def _log_once(self, sentence: str) -> None:
        """Log what would otherwise be repeated at every look while another run goes on."""
        if sentence not in self._logged:
            self._session.terminal.log(sentence)
            self._logged.add(sentence)

    def _failed(self, sentence: str, pause: timedelta) -> None:
        self._session.terminal.log(f"{sentence} Trying again in {counted(pause.seconds // 60, 'minute')}.")
        self._quiet_until, self._seen_version = self._now() + pause, self._version_or_none()

    def _version_or_none(self) -> int:
        try:
            return self._session.store.traffic.version()
        except (*FAILED, Refused, OSError):
            return -1
