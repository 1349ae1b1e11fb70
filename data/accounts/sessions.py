"""Sign-in tickets, sessions and the count of attempts, in `control`: of each secret only its hash is kept.

A user who has given the right password gets a ticket, good once and for a minute; a route of the server redeems
it for a session, whose secret is the cookie. What ends a session deletes its row, so a kept cookie opens nothing.

TooManyAttempts     this user or this address must wait
TicketRefused       the ticket is used up, too old, or none of ours
"""

import ipaddress
import math
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from data.accounts.audit import record
from data.accounts.authority import (
    AccountRefused,
    account_with_id,
    require_admin,
    require_self_or_admin,
    username_as_typed,
)
from data.accounts.models import Account
from data.accounts.passwords import fingerprint, new_secret
from data.calendar import aware, stored
from data.refusals import Refused
from data.store import Store, StoreAway
from data.store.cache import cached
from data.store.ids import next_id
from data.store.sql import insert, query

TICKET_LASTS = timedelta(seconds=60)
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=15)  # with each version of `control` what everybody may see is read anew

COUNTED_FOR = timedelta(minutes=15)
WAIT = timedelta(minutes=15)
OF_A_USER = 5
OF_AN_ADDRESS = 20
CLOCKS_DIFFER = timedelta(minutes=1)  # between processes; what lies further ahead is a clock that was put back

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac", "CrOS", "Linux")


class TooManyAttempts(Refused):
    """Too many attempts to sign in; after `retry_after_s` seconds there may be another."""

    def __init__(self, retry_after_s: int) -> None:
        minutes = math.ceil(retry_after_s / 60)
        super().__init__(f"Too many attempts. Try again in {minutes} minute{'s' if minutes != 1 else ''}.")
        self.retry_after_s = retry_after_s


class TicketRefused(Exception):
    """The ticket opens nothing (any more)."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its owner may see it; `current` is the one that asks. Times are UTC."""

    started_at: datetime
    last_seen_at: datetime
    address: str
    browser: str
    current: bool


@dataclass(frozen=True, slots=True)
class _KnownSession:
    """A session that has not been ended, with its user; whether it still lives is a matter of the moment."""

    account: Account
    started_at: datetime
    last_seen_at: datetime

    def owner(self, now: datetime) -> Account | None:
        """The user, unless they are disabled, or it is too old or was idle too long."""
        lives = self.started_at > now - LONGEST and self.last_seen_at > now - IDLE
        return self.account if lives and self.account.active else None


def attempt(store: Store, username: str, address: str, now: datetime) -> None:
    """Count an attempt to sign in, before the password is looked at. Raises TooManyAttempts, which counts nothing.

    A wait begins with the last counted attempt and ends by itself; the right password forgets the user's attempts.
    """
    user_key, network = fingerprint(username_as_typed(username)), _network(address)
    with store.control.read() as cursor:
        _refuse_too_many(cursor, user_key, network, now)
    with store.control.commit("counting an attempt to sign in") as connection:
        _refuse_too_many(connection, user_key, network, now)
        span = {"before": stored(now - COUNTED_FOR - WAIT), "after": stored(now + CLOCKS_DIFFER)}
        connection.execute("delete from sign_in_attempt where attempted_at not between $before and $after", span)
        row = {"user_key": user_key, "address": network, "attempted_at": stored(now)}
        insert(connection, "sign_in_attempt", row)


def forget_attempts(connection: duckdb.DuckDBPyConnection, username: str) -> None:
    values = {"user_key": fingerprint(username_as_typed(username))}
    connection.execute("delete from sign_in_attempt where user_key = $user_key", values)


def make_ticket(store: Store, user_id: int, now: datetime) -> str:
    """A ticket for a user who has just shown who they are: good once, for a minute. Raises AccountRefused."""
    ticket = new_secret()
    with store.control.commit("signing in") as connection:
        account = account_with_id(connection, user_id)
        if not account.active:
            raise AccountRefused("There is no such user.")
        forget_attempts(connection, account.username)
        old = {"before": stored(now - TICKET_LASTS)}
        connection.execute("delete from sign_in_ticket where made_at <= $before", old)
        row = {"ticket_hash": fingerprint(ticket), "user_id": user_id, "made_at": stored(now)}
        insert(connection, "sign_in_ticket", row)
    return ticket


def redeem_ticket(store: Store, ticket: str, user_agent: str, address: str, now: datetime) -> str:
    """Use a ticket up and start a session; answers the session's secret, for the cookie. Raises TicketRefused."""
    with store.control.read() as cursor:
        _owner_of_ticket(cursor, ticket, now)  # nobody takes the write lock with an invented ticket
    secret = new_secret()
    with store.control.commit("starting a session") as connection:
        user_id = _owner_of_ticket(connection, ticket, now)
        connection.execute("delete from sign_in_ticket where ticket_hash = $hash", {"hash": fingerprint(ticket)})
        over = "delete from sign_in_session where started_at <= $started_after or last_seen_at <= $seen_after"
        connection.execute(over, _living(now))
        row = {
            "session_id": next_id(connection, "sign_in_session"),
            "session_hash": fingerprint(secret),
            "user_id": user_id,
            "started_at": stored(now),
            "last_seen_at": stored(now),
            "address": _shown_address(address),
            "browser": browser_name(user_agent),
        }
        insert(connection, "sign_in_session", row)
    return secret


def account_of_session(store: Store, secret: str, now: datetime) -> Account | None:
    """Whose session this is; None when it has ended, was never one, or its user is disabled. Writes nothing.

    To be asked at every click: the row is read once a version of `control`, and what ends a session makes a new one.
    Asked inside a commit, it is as sure as what the commit itself reads, since nothing else writes meanwhile.
    """
    session = _known_session(store, fingerprint(secret))
    return session.owner(now) if session is not None else None


@cached("control")
def _known_session(store: Store, secret_hash: str) -> _KnownSession | None:
    known = "select user_id, started_at, last_seen_at from sign_in_session where session_hash = $hash"
    with store.control.read() as cursor:
        rows = cursor.execute(known, {"hash": secret_hash}).fetchall()
        for user_id, started, seen in rows:
            return _KnownSession(account_with_id(cursor, user_id), aware(started), aware(seen))
    return None


def touch_session(store: Store, secret: str, now: datetime) -> Account | None:
    """Whose session this is, as `account_of_session`, and note that it is in use, so that it does not end for idleness;
    writes four times an hour at most.

    While the store cannot be written, a session that is known stays open without it.
    """
    secret_hash = fingerprint(secret)
    known = _known_session(store, secret_hash)
    owner = known.owner(now) if known is not None else None
    if known is None or owner is None or known.last_seen_at > now - SEEN_EVERY:
        return owner
    values = {"hash": secret_hash, "now": stored(now), "noted_before": stored(now - SEEN_EVERY)}
    with suppress(StoreAway), store.control.commit("noting that a session is in use") as connection:
        connection.execute(
            "update sign_in_session set last_seen_at = $now where session_hash = $hash "
            "and started_at > $started_after and last_seen_at > $seen_after and last_seen_at <= $noted_before",
            values | _living(now),
        )
    return owner


@cached("control")
def sessions_of(account: Account, store: Store, now: datetime, current: str = "") -> tuple[OpenSession, ...]:
    """The user's open sessions, the newest first; `current` is the fingerprint of the secret of the one that asks."""
    values = {"user_id": account.user_id, "current": current} | _living(now)
    rows = store.control.rows(
        "select started_at, last_seen_at, address, browser, session_hash = $current as is_current from sign_in_session "
        "where user_id = $user_id and started_at > $started_after and last_seen_at > $seen_after "
        "order by session_id desc",
        values,
    )
    return tuple(OpenSession(aware(row[0]), aware(row[1]), *row[2:]) for row in rows)


def end_session(store: Store, secret: str) -> None:
    """Sign out: the session is over, and its cookie opens nothing any more. An invented one takes no write lock."""
    values = {"hash": fingerprint(secret)}
    if not store.control.rows("select 1 as present from sign_in_session where session_hash = $hash", values):
        return
    with store.control.commit("signing out") as connection:
        connection.execute("delete from sign_in_session where session_hash = $hash", values)


def end_other_sessions(store: Store, by: str, user_id: int, keep: str, now: datetime) -> None:
    """Sign a user out everywhere, but for the session whose secret is `keep`. Raises: NotAllowed, AccountRefused."""
    with store.control.commit("ending sessions") as connection:
        require_self_or_admin(connection, by, user_id)
        end_sessions(connection, user_id, keep)
        record(connection, "sessions ended", f"user {account_with_id(connection, user_id).username}", by, now)


def end_all_sessions(store: Store, by: str, now: datetime) -> None:
    """Sign everybody out, whoever asks included. Admins only: raises NotAllowed."""
    with store.control.commit("ending all sessions") as connection:
        require_admin(connection, by)
        connection.execute("delete from sign_in_session")
        connection.execute("delete from sign_in_ticket")
        record(connection, "all sessions ended", "all users", by, now)


def end_sessions(connection: duckdb.DuckDBPyConnection, user_id: int, keep: str = "") -> None:
    """End a user's sessions but `keep`, and void their tickets, inside the caller's commit."""
    values = {"user_id": user_id, "keep": fingerprint(keep)}
    connection.execute("delete from sign_in_session where user_id = $user_id and session_hash <> $keep", values)
    connection.execute("delete from sign_in_ticket where user_id = $user_id", {"user_id": user_id})


def browser_name(user_agent: str) -> str:
    """A short name of a browser and its system, from a fixed list: what a browser sends is never kept or shown."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), None)
    system = next((name for name in _SYSTEMS if name in user_agent), None)
    return " on ".join(part for part in (browser, system) if part) or "Unknown browser"


def _living(now: datetime) -> dict[str, datetime]:
    return {"started_after": stored(now - LONGEST), "seen_after": stored(now - IDLE)}


def _owner_of_ticket(connection: duckdb.DuckDBPyConnection, ticket: str, now: datetime) -> int:
    values = {"hash": fingerprint(ticket), "made_after": stored(now - TICKET_LASTS)}
    rows = connection.execute(
        "select user_id from sign_in_ticket inner join account using (user_id) "
        "where ticket_hash = $hash and made_at > $made_after and active",
        values,
    ).fetchall()
    if not rows:
        raise TicketRefused("This sign-in has expired. Sign in again.")
    return int(rows[0][0])


def _refuse_too_many(connection: duckdb.DuckDBPyConnection, user_key: str, network: str, now: datetime) -> None:
    span = {"since": stored(now - COUNTED_FOR - WAIT), "until": stored(now + CLOCKS_DIFFER)}
    values = {"user_key": user_key, "address": network} | span
    rows = connection.execute(query(__name__, "attempts"), values).fetchall()
    of_user = [aware(at) for is_user, _, at in rows if is_user]
    of_address = [aware(at) for _, is_address, at in rows if is_address and network]
    until = max(_wait_until(of_user, OF_A_USER, now), _wait_until(of_address, OF_AN_ADDRESS, now))
    if until > now:
        raise TooManyAttempts(math.ceil((until - now).total_seconds()))


def _wait_until(newest_first: list[datetime], most: int, now: datetime) -> datetime:
    """Until when there is to be no attempt: now, or the wait after the last of so many within the time counted."""
    if len(newest_first) < most or newest_first[0] - newest_first[most - 1] >= COUNTED_FOR:
        return now
    return newest_first[0] + WAIT


def _network(address: str) -> str:
    """What an address is counted by: one of IPv6 by its network, which belongs to one household as a whole."""
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return _shown_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found.packed, 64), strict=False))
    return str(found)


def _shown_address(address: str) -> str:
    return re.sub(r"[^0-9A-Za-z.:\[\]-]", "", address)[:64]
