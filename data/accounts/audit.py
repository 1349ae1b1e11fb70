"""The audit log: every administrative action, by whom, on what. Lies in `control`; holds no secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import duckdb

from data.accounts.models import Account, Role
from data.calendar import aware, stored
from data.repositories.models import Repository
from data.store import Store
from data.store.cache import cached
from data.store.sql import query

MOST = 1000
NAMES_LIMIT = 2000  # characters of repositories' names in an entry


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted on, and the tenant whose people may read of it (None: admins only)."""

    text: str
    tenant_id: int | None = None


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
    """Which entries are wanted: with a text anywhere in them, of an actor, from a moment to before another."""

    text: str = ""
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = MOST


def record(
    connection: duckdb.DuckDBPyConnection,
    action: str,
    subject: str | Subject,
    by: tuple[str, datetime],
    detail: str | None = None,
) -> None:
    """Write an entry, inside the caller's commit; `by` is who did it, and when (UTC)."""
    about = Subject(subject) if isinstance(subject, str) else subject
    values = {
        "at": stored(by[1]),
        "actor": by[0],
        "action": action,
        "subject": about.text,
        "detail": detail,
        "tenant_id": about.tenant_id,
    }
    connection.execute(
        "insert into audit_log (happened_at, actor, act, subject, detail, tenant_id) "
        "values ($at, $actor, $action, $subject, $detail, $tenant_id)",
        values,
    )


def save_entry(
    store: Store, action: str, subject: Subject, by: tuple[str, datetime], detail: str | None = None
) -> None:
    """Write an entry about a change of `traffic` (a tenant, a repository), in a commit of its own."""
    with store.control.commit("writing the audit log") as connection:
        record(connection, action, subject, by, detail)


def save_repository_entries(
    store: Store, action: str, repositories: Sequence[Repository], by: tuple[str, datetime]
) -> None:
    for tenant_id, group in groupby(sorted(repositories, key=lambda each: each.tenant_id), lambda each: each.tenant_id):
        names = [each.full_name for each in group]
        if len(names) == 1:
            save_entry(store, action, Subject(names[0], tenant_id), by)
        else:
            subject = Subject(f"{len(names):,} repositories", tenant_id)
            save_entry(store, action, subject, by, ", ".join(names)[:NAMES_LIMIT])


@cached("control")
def entries(account: Account, store: Store, wanted: AuditFilter) -> tuple[AuditEntry, ...]:
    """The entries that this user may read, the newest first: an admin all, a tenant's manager those of the tenant."""
    values = {
        "everything": account.active and account.has(Role.ADMIN),
        "tenant_ids": [grant.tenant_id for grant in account.grants if account.active and grant.role == Role.TENANT],
        "text": wanted.text.strip().encode("utf-8", errors="replace").decode(),
        "actor": wanted.actor,
        "since": None if wanted.since is None else stored(wanted.since),
        "until": None if wanted.until is None else stored(wanted.until),
        "most": wanted.limit,
    }
    with store.control.read() as cursor:
        rows = cursor.execute(query(__name__, "entries"), values).fetchall()
    return tuple(AuditEntry(aware(row[0]), *row[1:]) for row in rows)
