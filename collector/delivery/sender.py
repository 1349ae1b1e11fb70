"""Sends what is due, beside collecting and never in its way: by many threads, a few for each server that is asked; and
again what failed, each time after a longer delay (`TRY_AGAIN_AFTER`).

A pass notes what is sent before it is, and what came of it as soon as it is known; see data/reports/deliveries.py.
"""

import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from collector.delivery.channels import Content, send, server_of
from collector.delivery.result import DeliveryOutcome, Result, without
from collector.own_leases import OwnLease, OwnLeases
from collector.reach import overbooked
from collector.redaction import place_of
from data.accounts.authority import COMMAND_LINE, acting
from data.accounts.encryption import EncryptionError, open_cipher
from data.accounts.models import Viewer
from data.calendar import DAY, SETTLED_AFTER_DAYS, utc_day, utc_now
from data.collection.log import is_collecting
from data.reports.alerts import AlertEvent, alert_message, events, message_events, save_alert
from data.reports.deliveries import (
    WAITS_FOR_FINAL,
    Attempt,
    Due,
    due_deliveries,
    move_attempts,
    save_progress,
)
from data.reports.message import Links, report_message
from data.reports.models import Period, Report
from data.reports.recipients import Recipient, recipient_of
from data.reports.report import is_final, report
from data.reports.subscriptions import (
    MOST_CHANNELS,
    Channel,
    OpenChannel,
    Subscription,
    open_channels,
    subscriptions,
)
from data.store import Store, StoreAway, StoreBusy, StoreError, StoreOvertaken
from data.store.version_files import LockHeld, exclusive

LOOK_EVERY_S = 10.0
WRITE_AGAIN_S = 5.0  # where the store did not answer
ALERTS_EVERY = timedelta(minutes=30)
AT_ONCE, OF_A_SERVER = 64, 8
TRY_AGAIN_AFTER = tuple(timedelta(minutes=n) for n in (1, 5, 15, 60, 180, 360, 720))
DELIVERING = "delivering.lock"  # held by the process of this machine that sends, which has the lease for all machines
REPORTS = "reports"
FINDING_FACTS = ("kind", "is_problem", "about", "text", "repository_id")
SEES_NOTHING = "There is no repository in it that its recipient may see."
SAME_SERVER = "Not tried: the same server has just not answered."
SLEPT = "Not tried: this machine was suspended."
MOST_TRIES = len(TRY_AGAIN_AFTER) + 3  # of one at whose tries the program ended
GIVEN_UP = f"Given up after {MOST_TRIES} tries: the program ended while it was being sent."
CLOSED = "Its address cannot be decrypted with this server's key."
_log = logging.getLogger(__name__)


def public_links() -> Links:
    """The pages' addresses, where the environment names the one that people type: the first one."""
    address = os.environ.get("TRAFFIC_PUBLIC_ADDRESS", "").split(",")[0].strip().rstrip("/")
    path = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
    return Links(f"{address}/{path}".rstrip("/") if address else None)


class Sender:
    """Looks for what is due, until stopped. `say` gets a line of each pass that sent something."""

    def __init__(
        self, store: Store, links: Links, say: Callable[[str], None], now: Callable[[], datetime] = utc_now
    ) -> None:
        self._store, self._links, self._say, self._now = store, links, say, now
        self._leases = OwnLeases(store)
        self._seen_version = -1
        self._looked_at: datetime | None = None

    def run(self, stop: threading.Event) -> None:
        """Look again and again; whatever fails is logged, once where it goes on, and tried again with the next look."""
        logged = ""
        while not stop.wait(LOOK_EVERY_S):
            problem = ""
            try:
                self.look(stop)
            except (StoreError, EncryptionError, OSError) as failure:
                problem = f"Reports are delayed: {failure}"
            except Exception as error:  # noqa: BLE001 - must outlive every failure
                problem = f"Reports are delayed: something unexpected went wrong ({place_of(error)}: {error})."
            if problem not in {"", logged}:
                self._say(problem)
            logged = problem

    def look(self, stop: threading.Event | None = None) -> list[Attempt]:
        """Note new alerts, and send all that is due now. Another process that is at it does it instead, on whichever
        machine.
        """
        alerts_are_due = self._alerts_are_due()
        if not alerts_are_due and not self._ready():
            return []
        try:
            with self.alone():
                if alerts_are_due:
                    self._look_for_alerts()
                return self.send(self._ready(), stop)
        except LockHeld:
            return []

    @contextmanager
    def alone(self, timeout_s: float = 0.0) -> Iterator[None]:
        """Be the one process of all machines that sends. Raises: LockHeld."""
        with exclusive(self._store.directory / DELIVERING, "sending reports", timeout_s):
            self._leases.take({REPORTS})
            if REPORTS not in self._leases:
                raise LockHeld(self._leases.elsewhere[REPORTS])
            try:
                yield
            finally:
                self._leases.keep(())

    def send(self, due: Sequence[Due], stop: threading.Event | None = None) -> list[Attempt]:
        """Send these; the caller is `alone`."""
        if not due:
            return []
        found = Pass(self._store, self._links, self._now, self._leases[REPORTS], stop).send(due)
        move_attempts(self._store)
        sent = sum(each.outcome == DeliveryOutcome.SENT for each in found)
        failed = [each for each in found if each.outcome in {DeliveryOutcome.AGAIN, DeliveryOutcome.FAILED}]
        self._say(f"Reports: {sent:,} sent, {len(failed):,} not." + (f" {failed[0].reason}" if failed else ""))
        return found

    def _alerts_are_due(self) -> bool:
        """After a collection, so that all of it is in one message; and now and then, since time alone brings some."""
        waited = None if self._looked_at is None else self._now() - self._looked_at
        nothing_new = self._store.traffic.version() == self._seen_version or is_collecting(self._store)
        return (waited is None or waited >= ALERTS_EVERY or not nothing_new) and bool(self._alerts())

    def _look_for_alerts(self) -> None:
        now = self._now()
        self._seen_version, self._looked_at = self._store.traffic.version(), now
        for each in self._alerts():
            save_alert(self._store, each, current_events(self._store, each, now), now, self._leases[REPORTS].lease)

    def _alerts(self) -> list[Subscription]:
        with self._store.control.read() as cursor:
            everybody = acting(cursor, COMMAND_LINE)
        return [each for each in subscriptions(everybody, self._store) if each.kind == "alert" and each.active]

    def _ready(self) -> list[Due]:
        """What is due and final, or has waited long enough for that."""
        now = self._now()
        today = utc_day(now)
        return [
            each
            for each in due_deliveries(self._store, now)
            if each.attempts
            or each.period is None
            or now >= each.due_at + WAITS_FOR_FINAL
            or is_final(recipient_of(self._store, each.subscription).viewer, self._store, each.period, today)
        ]


Job = tuple[Due, OpenChannel | None]


@dataclass(slots=True)
class Server:
    """What is to be sent to one server: what waits, how much is on its way, and whether it has just not answered."""

    waiting: deque[Job]
    running: int = 0
    is_down: bool = False


class Pass:
    """Sends some deliveries, each in a thread, and notes each right before it is tried and as soon as it is over: so a
    kill leaves few of them open. One at whose tries the program ended more than once may be why: it is tried alone, so
    that it takes no other along.
    """

    def __init__(
        self,
        store: Store,
        links: Links,
        now: Callable[[], datetime],
        lease: OwnLease,
        stop: threading.Event | None = None,
    ) -> None:
        self._store, self._links, self._now, self._lease = store, links, now, lease
        self._stop = stop or threading.Event()
        self._servers: dict[str, Server] = {}
        self._alone: deque[tuple[Server, Job]] = deque()
        self._results: queue.SimpleQueue[tuple[Server, Attempt]] = queue.SimpleQueue()

    def send(self, due: Sequence[Due]) -> list[Attempt]:
        """What came of each that was tried: of all, unless a stop comes in between."""
        opened = open_channels(
            self._store, open_cipher(self._store.directory), [each.channel.channel_id for each in due]
        )
        for each in due:
            channel = opened.get(each.channel.channel_id)
            server = self._servers.setdefault(server_of(channel) if channel else "", Server(deque()))
            if each.was_sending and each.attempts > 1:
                self._alone.append((server, (each, channel)))
            else:
                server.waiting.append((each, channel))
        found: list[Attempt] = []
        ended: list[Attempt] = []
        with ThreadPoolExecutor(AT_ONCE, "sending") as pool:
            while (begun := self._begun()) or ended or self._running:
                if begun or ended:
                    self._note([job[0] for _, job in begun], ended)
                found += ended
                for server, job in begun:
                    pool.submit(self._work, server, *job)
                ended = self._ended() if self._running else []
        return found

    def _note(self, begun: Sequence[Due], ended: Sequence[Attempt]) -> None:
        """Note them, however long the store does not answer: what came of a try is known here and nowhere else."""
        while True:
            asked_at = time.monotonic()
            try:
                save_progress(self._store, begun, ended, self._now(), self._lease.lease)
            except (StoreAway, StoreBusy, StoreOvertaken):
                if self._stop.wait(WRITE_AGAIN_S):
                    raise
                continue
            self._lease.renewed(asked_at)
            return

    @property
    def _running(self) -> int:
        return sum(each.running for each in self._servers.values())

    def _begun(self) -> list[tuple[Server, Job]]:
        """What there is a place for, one of each server first; nothing more once a stop came."""
        begun: list[tuple[Server, Job]] = []
        room = 0 if self._stop.is_set() else AT_ONCE - self._running
        for most in range(1, OF_A_SERVER + 1):
            for server in self._servers.values():
                if server.waiting and server.running < most and len(begun) < room:
                    server.running += 1
                    begun.append((server, server.waiting.popleft()))
        if self._alone and not begun and room == AT_ONCE:
            begun.append(self._alone.popleft())
            begun[0][0].running += 1
        return begun

    def _ended(self) -> list[Attempt]:
        """What is over: waits for the first, and takes what else is there."""
        found = [self._results.get()]
        while not self._results.empty():
            found.append(self._results.get())
        for server, _ in found:
            server.running -= 1
        return [attempt for _, attempt in found]

    def _work(self, server: Server, due: Due, channel: OpenChannel | None) -> None:
        began = time.monotonic()
        if channel is None:
            result = Result(DeliveryOutcome.FAILED, reason=CLOSED)
        elif due.was_sending and due.attempts >= MOST_TRIES:
            result = Result(DeliveryOutcome.FAILED, reason=GIVEN_UP)
        elif server.is_down:
            result = Result(DeliveryOutcome.AGAIN, reason=SAME_SERVER)
        else:
            result = self._sent(due, channel)
            server.is_down |= result.outcome == DeliveryOutcome.AGAIN and result.status is None
        elapsed_ms = round(1000 * (time.monotonic() - began))
        self._results.put((server, _attempt(due, due.subscription.kind, result, self._now(), elapsed_ms)))

    def _sent(self, due: Due, channel: OpenChannel) -> Result:
        try:
            recipient = recipient_of(self._store, due.subscription, channel)
            if recipient.sees_nothing:
                return Result(DeliveryOutcome.SKIPPED, reason=SEES_NOTHING)
            content = self._content(due, recipient)
            if content is None:
                return Result(DeliveryOutcome.SKIPPED, reason=SEES_NOTHING)
            if not self._lease.is_sure:  # this process slept until now, and another machine may have sent it
                return Result(DeliveryOutcome.AGAIN, reason=SLEPT)
            return send(content, channel, due.occasion, self._links, self._now())
        except Exception as error:  # noqa: BLE001 - one that cannot be made holds up no other
            why = without(str(error), channel.address, channel.secret)
            _log.warning("A report could not be made: %s: %s", place_of(error), why)
            return Result(DeliveryOutcome.AGAIN, 0, f"It could not be made ({place_of(error)}).")

    def _content(self, due: Due, recipient: Recipient) -> Content | None:
        """What is sent, as this recipient may see it now; None where that is nothing."""
        links, now = self._links, self._now()
        if due.period is not None:
            return report_content(
                self._store, recipient, due.subscription, due.period, links=links, now=now, is_late=due.is_late
            )
        subscription_id = due.subscription.subscription_id
        found = message_events(self._store, subscription_id, due.occasion, recipient.viewer)
        return alert_content(found, recipient, links) if found else None


def _attempt(due: Due, kind: str, result: Result, now: datetime, elapsed_ms: int) -> Attempt:
    return Attempt(
        due.subscription,
        due.channel,
        kind,
        due.occasion,
        now,
        result.outcome,
        result.status,
        result.reason,
        elapsed_ms,
        _next_try_at(result, due.attempts + 1, now),
        result.ends_channel,
    )


def _next_try_at(result: Result, attempts: int, now: datetime) -> datetime | None:
    """Later after each attempt, and not before the channel asks for it; None where it is over."""
    if result.outcome is not DeliveryOutcome.AGAIN or attempts > len(TRY_AGAIN_AFTER):
        return None
    return now + max(TRY_AGAIN_AFTER[attempts - 1], timedelta(seconds=result.retry_after_s or 0))


def report_content(
    store: Store,
    recipient: Recipient,
    subscription: Subscription,
    period: Period,
    *,
    links: Links,
    now: datetime,
    is_late: bool = False,
) -> Content:
    """The report as this recipient may see it now."""
    made = report(
        recipient.viewer,
        store,
        period,
        subject=recipient.subject,
        top=subscription.report.top,
        now=now,
        managed=recipient.managed,
        budgets=overbooked(Viewer(recipient.viewer.repository_ids, recipient.managed), store),
    )
    return Content("report", report_message(made, links, is_late=is_late), report_facts(made, is_late=is_late))


def report_facts(report: Report, *, is_late: bool) -> dict[str, Any]:
    """A report for programs: docs/report.schema.json."""
    facts, period = asdict(report), report.period
    totals = {name: value for name, value in facts["totals"].items() if name not in {"gap_days", "pending_days"}}
    spikes = [
        each | {"causes": [{"kind": cause["kind"], "what": cause["what"]} for cause in each["causes"]]}
        for each in facts["spikes"]
    ]
    attention = [{name: each[name] for name in FINDING_FACTS} for each in facts["attention"]]
    open_days = [{name: each[name] for name in ("day", "pending", "gaps")} for each in facts["open_days"]]
    named = {"name": period.name, "first": period.first, "last": period.last}
    return facts | {
        "period": named,
        "totals": totals,
        "spikes": spikes,
        "attention": attention,
        "open_days": open_days,
        "is_late": is_late,
    }


def current_events(store: Store, subscription: Subscription, now: datetime) -> tuple[AlertEvent, ...]:
    """What there is to report now: of days since shortly before it was added or resumed."""
    recipient = recipient_of(store, subscription)
    since = utc_day(min(each.since for each in subscription.channels)) - SETTLED_AFTER_DAYS * DAY
    return events(recipient.viewer, store, subscription.alert, recipient.managed, since=since, now=now)


def alert_content(events: Sequence[AlertEvent], recipient: Recipient, links: Links) -> Content:
    facts = {"tenant": recipient.subject, "events": [asdict(each) for each in events]}
    return Content("alert", alert_message(events, recipient.subject, links), facts)


def current_content(
    store: Store, recipient: Recipient, subscription: Subscription, links: Links, now: datetime
) -> Content:
    """The newest report, or what there is to report now."""
    if subscription.kind == "alert":
        return alert_content(current_events(store, subscription, now), recipient, links)
    period = subscription.report.period(now)
    return report_content(store, recipient, subscription, period, links=links, now=now)


def send_test(
    store: Store, subscription: Subscription, channels: Sequence[Channel], links: Links, now: datetime
) -> list[Attempt]:
    """Send the newest report at once, marked as a test; it counts for nothing but a row of the log."""
    opened = open_channels(store, open_cipher(store.directory), [each.channel_id for each in channels])

    def tried(each: Channel) -> Attempt:
        began, channel = time.monotonic(), opened.get(each.channel_id)
        result = Result(DeliveryOutcome.FAILED, reason=CLOSED)
        if channel is not None:
            result = _tested(store, subscription, channel, links, now)
        if result.outcome is DeliveryOutcome.AGAIN:  # which a test is not
            result = replace(result, outcome=DeliveryOutcome.FAILED)
        elapsed_ms = round(1000 * (time.monotonic() - began))
        return _attempt(Due(subscription, each, "test", now), "test", result, now, elapsed_ms)

    with ThreadPoolExecutor(MOST_CHANNELS, "testing") as pool:  # one that does not answer holds up no other
        attempts = list(pool.map(tried, channels))
    save_progress(store, (), attempts, now)
    move_attempts(store)
    return attempts


def _tested(store: Store, subscription: Subscription, channel: OpenChannel, links: Links, now: datetime) -> Result:
    recipient = recipient_of(store, subscription, channel)
    if recipient.sees_nothing:
        return Result(DeliveryOutcome.SKIPPED, reason=SEES_NOTHING)
    content = current_content(store, recipient, subscription, links, now)
    message = replace(content.message, title=f"Test: {content.message.title}")
    return send(Content("test", message, content.facts), channel, f"test {now.isoformat()}", links, now)
