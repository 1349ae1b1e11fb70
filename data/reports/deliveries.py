"""What is to be sent when, and what came of it: a delivery for each subscription, channel and week or month. When one
that failed is tried again, its sender decides (collector/delivery/sender.py).

Before a delivery is tried it is `sending`, afterwards `sent`, `waiting` (for another try) or `failed`. A process that
ends in between leaves it `sending`: whether it arrived only the channel knows, so it is tried again under the same id,
which a channel can recognize (webhook-id, Message-ID). Each attempt becomes a row of `traffic`, by way of an outbox.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from duckdb import DuckDBPyConnection

from data.accounts.authority import COMMAND_LINE, acting
from data.accounts.models import Account
from data.calendar import aware, stored, utc_day
from data.reports.models import Period, period_named
from data.reports.subscriptions import Channel, Subscription, note_channel_ended, subscriptions
from data.store import Store
from data.store.cache import cached
from data.store.leases import Lease, require_fence
from data.store.sql import insert, query

WAITS_FOR_FINAL = timedelta(hours=48)  # a report at most, until its days are final; a day is by data/calendar.py
LATE_AFTER = timedelta(hours=2)  # of what has not been tried by then, the timer was not there
ATTEMPTS_SHOWN = 200
UNKNOWN = "The program ended while it was being sent. Only the channel knows whether it arrived; it is sent again."
ALERT_LASTS = timedelta(days=1)  # what could not be sent by then is no news
BEGUN_LASTS = timedelta(days=2)  # a channel may ask to wait for one
ALERTS = "select subscription_id, occasion, made_at from alert_message where made_at >= $since order by made_at"
MOVED_BEFORE = "select attempt_id from delivery_attempt where list_contains($moved, attempt_id)"
PRUNE = """
delete from delivery_attempt
where happened_at < (select max(happened_at) - interval 400 days from delivery_attempt)
"""
PRUNE_DELIVERIES = "delete from delivery where due_at < (select max(due_at) - interval 400 days from delivery)"
_COLUMNS = (
    *("attempt_id", "happened_at", "kind", "subscription_id", "subscription", "user_id", "tenant_id", "channel_id"),
    *("channel", "occasion", "outcome", "status", "reason", "elapsed_ms"),
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the newest delivery of a channel stands (UTC): sending, waiting for another try, sent, failed."""

    channel_id: int
    occasion: str
    state: str
    attempts: int
    tried_at: datetime
    next_try_at: datetime | None
    reason: str | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be tried: `attempts` went before. `was_sending`: how the last of them ended was never saved."""

    subscription: Subscription
    channel: Channel
    occasion: str
    due_at: datetime
    is_late: bool = False
    attempts: int = 0
    was_sending: bool = False
    period: Period | None = None  # of a report

    @property
    def key(self) -> tuple[int, int, str]:
        return self.subscription.subscription_id, self.channel.channel_id, self.occasion


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a try: `outcome` is sent, again, failed or skipped; `kind` report, alert or test. Without a
    `next_try_at` it is over.
    """

    subscription: Subscription
    channel: Channel
    kind: str
    occasion: str
    happened_at: datetime
    outcome: str
    status: int | None = None
    reason: str | None = None
    elapsed_ms: int = 0
    next_try_at: datetime | None = None
    ends_channel: bool = False


@dataclass(frozen=True, slots=True)
class LoggedAttempt:
    """An attempt as the log shows it; `subscription` is None for what is somebody's own."""

    happened_at: datetime
    kind: str
    subscription_id: int
    subscription: str | None
    channel: str
    occasion: str
    outcome: str
    status: int | None
    reason: str | None


@cached("control")
def deliveries(account: Account, store: Store) -> dict[int, Delivery]:
    """The newest delivery of each channel of the subscriptions that the user sees, by the channel's id."""
    seen = {channel.channel_id for each in subscriptions(account, store) for channel in each.channels}
    rows = store.control.rows(query(__name__, "deliveries"), {"channel_ids": sorted(seen)})
    return {
        key: Delivery(key, occasion, state, attempts, aware(tried), None if again is None else aware(again), *rest)
        for key, occasion, state, attempts, tried, again, *rest in rows
    }


@cached("traffic")
def attempts(
    account: Account, store: Store, managed: frozenset[int], limit: int = ATTEMPTS_SHOWN
) -> tuple[LoggedAttempt, ...]:
    """The newest attempts of the user's own subscriptions and of the `managed` tenants'; the command line sees all.

    Source: delivery_attempt. Raises: StoreMissing.
    """
    values = {
        "everything": account.is_command_line,
        "user_id": account.user_id,
        "tenant_ids": sorted(managed),
        "most": limit,
    }
    rows = store.traffic.rows(query(__name__, "attempts"), values)
    return tuple(LoggedAttempt(aware(row[0]), *row[1:]) for row in rows)


def due_deliveries(store: Store, now: datetime) -> list[Due]:
    """For the timer: what is to be tried, those first that have not failed before. Of each report the newest week or
    month (whether that is final is the caller's to ask), and what was begun, also by hand; the alerts of a day. None
    that was due before its channel was added or resumed.
    """
    with store.control.read() as cursor:
        everybody = acting(cursor, COMMAND_LINE)
        messages = cursor.execute(ALERTS, {"since": stored(now - ALERT_LASTS)}).fetchall()
    found, begun = [], _begun(store, now)
    for each in (one for one in subscriptions(everybody, store) if one.active):
        if each.kind == "alert":
            for subscription_id, occasion, made_at in messages:
                if subscription_id == each.subscription_id:
                    found += to_be_sent(store, each, occasion, aware(made_at), now)
            continue
        at = each.report.last_time(now)
        newest = each.report.period(at)
        for name in begun[each.subscription_id] | {newest.name}:
            due = to_be_sent(store, each, period_named(name, utc_day(now)), at, now)
            found += [one for one in due if one.attempts or name == newest.name]
    wanted = [due for due in found if due.due_at >= due.channel.since]
    return sorted(wanted, key=lambda due: (due.attempts, due.due_at))


def to_be_sent(
    store: Store,
    subscription: Subscription,
    what: Period | str,
    due_at: datetime,
    now: datetime,
    *,
    asked_for: bool = False,
) -> list[Due]:
    """The deliveries of a report's period, or of an alert's occasion, that are to be tried now. Where somebody asks for
    it, failed ones and those that wait, too; what was sent never.
    """
    period, occasion = (what, what.name) if isinstance(what, Period) else (None, what)
    states = _states(store)
    found = []
    for channel in subscription.channels:
        key = (subscription.subscription_id, channel.channel_id, occasion)
        state, tried, next_try_at, is_late, began_at, _ = states.get(key, (None, 0, None, None, stored(due_at), None))
        waits = state == "waiting" and next_try_at is not None and aware(next_try_at) > now
        if channel.ended_because or state == "sent" or ((state == "failed" or waits) and not asked_for):
            continue
        late = now > due_at + WAITS_FOR_FINAL + LATE_AFTER if is_late is None else is_late
        found.append(Due(subscription, channel, occasion, aware(began_at), late, tried, state == "sending", period))
    return found


def _begun(store: Store, now: datetime) -> defaultdict[int, set[str]]:
    """What is not over of what was tried lately, by subscription: the names of weeks and months. What a clock that was
    set back has still before it waits.
    """
    found = defaultdict(set)
    for (subscription_id, _, occasion), (state, *_, tried_at) in _states(store).items():
        if state in {"sending", "waiting"} and now - BEGUN_LASTS < aware(tried_at) <= now:
            found[subscription_id].add(occasion)
    return found


@cached("control")
def _states(store: Store) -> dict[tuple[int, int, str], tuple[Any, ...]]:
    rows = store.control.rows(
        "select subscription_id, channel_id, occasion, state, attempts, next_try_at, is_late, due_at, tried_at "
        "from delivery"
    )
    return {row[:3]: row[3:] for row in rows}


def save_progress(
    store: Store, begun: Sequence[Due], ended: Sequence[Attempt], now: datetime, lease: Lease | None = None
) -> None:
    """Note in one commit what is tried now, before it is, and what came of tries.

    Raises: LeaseLost, where another machine sends instead: what is to be sent is not to be tried then.
    """
    with store.control.commit("noting what is being sent") as connection:
        if lease is not None:
            require_fence(store, connection, lease)
        for due in begun:
            _note_begin(connection, due, now)
        for each in ended:
            _note_end(connection, each)


def _note_begin(connection: DuckDBPyConnection, due: Due, now: datetime) -> None:
    """Where the end of the last try was never saved, that is an attempt, too."""
    subscription_id, channel_id, occasion = due.key
    values = {
        "subscription_id": subscription_id,
        "channel_id": channel_id,
        "occasion": occasion,
        "is_late": due.is_late,
        "attempts": due.attempts + 1,
        "due_at": stored(due.due_at),
        "now": stored(now),
    }
    connection.execute(query(__name__, "begin"), values)
    if due.was_sending:
        kind = due.subscription.kind
        _to_outbox(connection, Attempt(due.subscription, due.channel, kind, occasion, now, "again", reason=UNKNOWN))


def _note_end(connection: DuckDBPyConnection, each: Attempt) -> None:
    """A channel that wants no more is ended."""
    state = "sent" if each.outcome in {"sent", "skipped"} else "waiting" if each.next_try_at else "failed"
    values = {
        "subscription_id": each.subscription.subscription_id,
        "channel_id": each.channel.channel_id,
        "occasion": each.occasion,
        "state": state,
        "next_try_at": None if each.next_try_at is None else stored(each.next_try_at),
        "reason": each.reason,
    }
    connection.execute(
        "update delivery set state = $state, next_try_at = $next_try_at, reason = $reason "
        "where subscription_id = $subscription_id and channel_id = $channel_id and occasion = $occasion",
        values,
    )
    if each.ends_channel:
        note_channel_ended(connection, each.channel.channel_id, each.reason)
    _to_outbox(connection, each)


def move_attempts(store: Store) -> None:
    """Move the attempts from the outbox to `traffic`, each once by its id, whatever ended halfway before."""
    rows = store.control.rows(f"select {', '.join(_COLUMNS)} from delivery_outbox order by happened_at")  # noqa: S608
    if not rows:
        return
    moved = {"moved": [row[0] for row in rows]}
    with store.traffic.commit("noting attempts to send") as connection:
        known = {key for (key,) in connection.execute(MOVED_BEFORE, moved).fetchall()}
        for row in rows:
            if row[0] not in known:
                insert(connection, "delivery_attempt", dict(zip(_COLUMNS, row, strict=True)))
        connection.execute(PRUNE)
    with store.control.commit("noting that attempts are in the log") as connection:
        connection.execute("delete from delivery_outbox where list_contains($moved, attempt_id)", moved)
        connection.execute(PRUNE_DELIVERIES)


def _to_outbox(connection: DuckDBPyConnection, each: Attempt) -> None:
    subscription = each.subscription
    row = {
        "attempt_id": str(uuid4()),
        "happened_at": stored(each.happened_at),
        "kind": each.kind,
        "subscription_id": subscription.subscription_id,
        "subscription": None if subscription.tenant_id is None else subscription.name,
        "user_id": subscription.user_id,
        "tenant_id": subscription.tenant_id,
        "channel_id": each.channel.channel_id,
        "channel": each.channel.kind,
        "occasion": each.occasion,
        "outcome": each.outcome,
        "status": each.status,
        "reason": each.reason,
        "elapsed_ms": each.elapsed_ms,
    }
    insert(connection, "delivery_outbox", row)
