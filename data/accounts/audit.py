"""The audit log: every administrative action, by whom, on what. Lies in `control`; holds no secret.

An entry is written in the transaction of what it records: `record` in a commit of `control`, `change_of_traffic` in
one of `traffic`.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import uuid4

import duckdb

from data.accounts.authority import COMMAND_LINE, acting
from data.accounts.models import Account, Role
from data.calendar import aware, stored
from data.repositories.models import Repository
from data.store import Store, StoreError
from data.store.cache import cached
from data.store.sql import insert, query
from data.text import one_or_counted

MOST = 1000
_log = logging.getLogger(__name__)
NAMES_LIMIT = 2000  # characters of repositories' names in an entry


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted on, and the tenant whose people may read of it (None: admins only)."""

    text: str
    tenant_id: int | None = None


def about_tenant(tenant_id: int) -> Subject:
    return Subject(f"tenant {tenant_id}", tenant_id)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An entry of the log; `happened_at` is UTC."""

    happened_at: datetime
    actor: str
    action: str
    subject: str
    detail: str | None
    tenant_id: int | None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted: with a text anywhere in them or about one of the `numbered` ("tenant 3"), of an actor,
    from a moment to before another.
    """

    text: str = ""
    numbered: tuple[str, ...] = ()
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = MOST


def record(
    connection: duckdb.DuckDBPyConnection,
    action: str,
    subject: str | Subject,
    by: str,
    now: datetime,
    *,
    detail: str | None = None,
) -> None:
    """Write an entry, inside the caller's commit of `control`."""
    about = Subject(subject) if isinstance(subject, str) else subject
    _insert(connection, AuditEntry(now, by, action, about.text, detail, about.tenant_id))


def save_entry(store: Store, action: str, subject: Subject, by: str, now: datetime) -> None:
    """Write an entry about something that changes neither database, in a commit of its own."""
    with store.control.commit("writing the audit log") as connection:
        record(connection, action, subject, by, now)


@dataclass(slots=True)
class Change:
    """A change of `traffic` in the making: its transaction, and who makes it, with the rights of this moment."""

    connection: duckdb.DuckDBPyConnection
    account: Account
    now: datetime
    is_recorded: bool = False

    def record(self, action: str, subject: Subject, detail: str | None = None) -> None:
        row = {
            "entry_id": str(uuid4()),
            "happened_at": stored(self.now),
            "user_id": self.account.user_id,
            "action": action,
            "subject": subject.text,
            "detail": detail,
            "tenant_id": subject.tenant_id,
        }
        insert(self.connection, "audit_outbox", row)
        self.is_recorded = True

    def record_repositories(self, action: str, repositories: Sequence[Repository]) -> None:
        """An entry for each tenant that has some of them."""
        key = attrgetter("tenant_id")
        for tenant_id, group in groupby(sorted(repositories, key=key), key):
            names = [each.full_name for each in group]
            detail = ", ".join(names)[:NAMES_LIMIT] if len(names) > 1 else None
            self.record(action, Subject(one_or_counted(names, "repository"), tenant_id), detail)


@contextmanager
def change_of_traffic(store: Store, purpose: str, by: str, now: datetime) -> Iterator[Change]:
    """One commit of `traffic` for whoever acts, with its record in the same transaction: in an outbox, since the audit
    log lies in `control`, to which it is moved afterwards. What records nothing changes nothing: it is not committed.

    Inside, nothing else is written to either database, so that `viewer_of` and the account's grants are those that the
    change builds on. Raises: NotAllowed, and as Database.commit.
    """
    with suppress(_NothingRecorded), store.traffic.commit(purpose) as connection:
        if by == COMMAND_LINE:
            change = Change(connection, acting(connection, by), now)
        else:
            with store.control.read() as cursor:
                change = Change(connection, acting(cursor, by), now)
        prune_outbox(store, connection)
        yield change
        if not change.is_recorded:
            raise _NothingRecorded
    move_outbox(store)


def move_outbox(store: Store) -> None:
    """Move what waits in the outbox to the audit log, each entry once, whatever ended halfway before.

    Where `control` cannot be written they wait on: every change, every command, every run and the app try it again.
    """
    try:
        if not _waiting(store):
            return
        with store.control.commit("moving entries to the audit log") as connection:
            for entry_id, entry in _waiting(store):
                _insert(connection, entry, entry_id)
    except StoreError as failure:
        _log.warning("Entries of the audit log wait in the outbox of traffic: %s", failure)


def prune_outbox(store: Store, connection: duckdb.DuckDBPyConnection) -> None:
    """Forget the entries that have arrived in the audit log, inside a commit of `traffic`."""
    keys = [key for (key,) in connection.execute("select entry_id from audit_outbox").fetchall()]
    if keys:
        with suppress(StoreError), store.control.read() as cursor:  # where it cannot be read, they stay
            values = {"moved": list(_moved(cursor, keys))}
            connection.execute("delete from audit_outbox where list_contains($moved, entry_id)", values)


@cached("control")
def entries(account: Account, store: Store, wanted: AuditFilter) -> tuple[AuditEntry, ...]:
    """The entries that this user may read, the newest first: an admin all, a tenant's manager those of the tenant."""
    values = {
        "everything": account.is_active_admin,
        "tenant_ids": [grant.tenant_id for grant in account.grants if account.active and grant.role == Role.TENANT],
        "text": wanted.text.strip().encode("utf-8", errors="replace").decode(),
        "numbered": list(wanted.numbered),
        "actor": wanted.actor,
        "since": None if wanted.since is None else stored(wanted.since),
        "until": None if wanted.until is None else stored(wanted.until),
        "most": wanted.limit,
    }
    rows = store.control.rows(query(__name__, "entries"), values)
    return tuple(AuditEntry(aware(row[0]), *row[1:]) for row in rows)


class _NothingRecorded(Exception):
    """Ends a commit that has nothing to commit."""


@cached("control", "traffic")
def _waiting(store: Store) -> tuple[tuple[str, AuditEntry], ...]:
    """What lies in the outbox and not yet in the audit log, the oldest first, each by its id."""
    rows = store.traffic.rows(
        "select entry_id, happened_at, user_id, action, subject, detail, tenant_id from audit_outbox "
        "order by happened_at, entry_id"
    )
    if not rows:
        return ()
    with store.control.read() as cursor:
        moved = _moved(cursor, [row[0] for row in rows])
        names = {0: COMMAND_LINE} | dict(cursor.execute("select user_id, username from account").fetchall())
    return tuple(
        (key, AuditEntry(aware(at), names.get(user_id, f"user {user_id}"), *rest))
        for key, at, user_id, *rest in rows
        if key not in moved
    )


def _moved(control: duckdb.DuckDBPyConnection, entry_ids: list[str]) -> set[str]:
    moved = "select entry_id from audit_log where list_contains($entry_ids, entry_id)"
    rows = control.execute(moved, {"entry_ids": entry_ids}).fetchall()
    return {key for (key,) in rows}


def _insert(connection: duckdb.DuckDBPyConnection, entry: AuditEntry, entry_id: str | None = None) -> None:
    values = asdict(entry) | {"entry_id": entry_id, "happened_at": stored(entry.happened_at)}
    connection.execute(
        "insert into audit_log (entry_id, happened_at, actor, act, subject, detail, tenant_id) "
        "values ($entry_id, $happened_at, $actor, $action, $subject, $detail, $tenant_id)",
        values,
    )
