"""SQL queries that users keep for themselves or share in a tenant. They lie in `control`.

One's own is nobody else's to see. A shared one is for those who see the whole tenant, and changed by those who manage
it. Saving runs nothing, and whoever runs a query runs it with their own rows.

QueryRefused    there is no such query to see, or it cannot be so
NotAllowed      whoever acts may see it, but not change it (see data/accounts/authority.py)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from data.accounts import sharing
from data.accounts.audit import Subject
from data.accounts.grants import viewer_of
from data.accounts.models import Account
from data.calendar import aware, stored
from data.sandbox.query_parameters import (
    LONGEST_STATEMENT,
    Parameter,
    checked_parameters,
    parse_parameters,
    written_parameters,
)
from data.store import Store
from data.store.ids import next_id
from data.store.sql import query

MOST = 500  # of one user
NAME_LIMIT = 80
THINGS = "saved queries"
NONE_SUCH = "There is no such query."


class QueryRefused(Exception):
    """There is no such query, or it cannot be so; the sentence says why."""


@dataclass(frozen=True, slots=True)
class NewQuery:
    """A query to be kept, as typed."""

    name: str
    statement: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query that somebody keeps; without a tenant it is its owner's alone."""

    query_id: int
    user_id: int
    owner: str
    tenant_id: int | None
    name: str
    statement: str
    parameters: tuple[Parameter, ...]
    saved_at: datetime

    def may_change(self, account: Account) -> bool:
        """Whether this user may change, share and remove it."""
        return sharing.may_change(self, account)


def saved_queries(account: Account, store: Store) -> list[SavedQuery]:
    """The user's own queries, and those shared in tenants that they see as a whole, by name."""
    return list(_remembered(account, store))


def query_with_id(account: Account, store: Store, query_id: int) -> SavedQuery:
    """The query of that id. Raises: QueryRefused, the same for a stranger's and for none at all."""
    for each in _remembered(account, store):
        if each.query_id == query_id:
            return each
    raise QueryRefused(NONE_SUCH)


def add_query(store: Store, by: str, new: NewQuery, now: datetime) -> int:
    """Keep a new query for whoever acts. Answers its id. Raises: QueryRefused, ParametersRefused, NotAllowed."""
    values = _checked(new)
    with store.control.commit("saving a query") as connection:
        account = sharing.acting_user(connection, by, THINGS)
        own = "select count(*) as own from saved_query where user_id = $user_id"
        ((count,),) = connection.execute(own, {"user_id": account.user_id}).fetchall()
        if count >= MOST:
            raise QueryRefused(f"You have {MOST} queries, which is the most. Remove one first.")
        query_id = next_id(connection, "saved_query")
        ids = {"query_id": query_id, "user_id": account.user_id, "now": stored(now)}
        connection.execute(query(__name__, "add_query"), values | ids)
    return query_id


def save_query(store: Store, by: str, query_id: int, new: NewQuery, now: datetime) -> None:
    """Change a query. Raises: QueryRefused, ParametersRefused, NotAllowed."""
    values = _checked(new)
    with store.control.commit("saving a query") as connection:
        found = _changeable(connection, store, by, query_id)
        _save(connection, found, now, **values)
        sharing.note_shared(connection, "shared query changed", _subject(found), (by, now), values["name"])


def share_query(store: Store, by: str, query_id: int, tenant_id: int, now: datetime) -> None:
    """Show a query to all who see the whole tenant. For those who manage it. Raises: QueryRefused, NotAllowed."""
    with store.control.commit("sharing a query") as connection:
        account = sharing.acting_user(connection, by, THINGS)
        found = _changeable(connection, store, by, query_id)
        sharing.refuse_to_share(store, account, tenant_id, THINGS)
        _save(connection, found, now, tenant_id=tenant_id)
        sharing.note_shared(connection, "query shared", _subject(found, tenant_id), (by, now), found.name)


def unshare_query(store: Store, by: str, query_id: int, now: datetime) -> None:
    """Give a shared query back to its owner alone. Raises: QueryRefused, NotAllowed."""
    with store.control.commit("ending the sharing of a query") as connection:
        found = _changeable(connection, store, by, query_id)
        _save(connection, found, now, tenant_id=None)
        sharing.note_shared(connection, "query no longer shared", _subject(found), (by, now), found.name)


def remove_query(store: Store, by: str, query_id: int, now: datetime) -> None:
    """Delete a query. Raises: QueryRefused, NotAllowed."""
    with store.control.commit("removing a query") as connection:
        found = _changeable(connection, store, by, query_id)
        connection.execute("delete from saved_query where query_id = $query_id", {"query_id": query_id})
        sharing.note_shared(connection, "shared query removed", _subject(found), (by, now), found.name)


def _checked(new: NewQuery) -> dict[str, Any]:
    """The values to be kept. Raises: QueryRefused, ParametersRefused."""
    name = " ".join(new.name.split())
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise QueryRefused(f"A query's name has 1 to {NAME_LIMIT} printable characters.")
    statement = new.statement.strip().encode("utf-8", "replace").decode()
    if not statement:
        raise QueryRefused("There is nothing to save: write a query first.")
    if len(statement) > LONGEST_STATEMENT:
        raise QueryRefused(f"A query has at most {LONGEST_STATEMENT:,} characters.")
    parameters = written_parameters(checked_parameters(new.parameters))
    return {"name": name, "statement": statement, "parameters": parameters}


def _remembered(account: Account, store: Store) -> tuple[SavedQuery, ...]:
    """What the user may see, read once a version of both databases: a page asks at every run."""
    question = ("saved queries", account, viewer_of(store, account).tenant_ids)
    return store.control.remembered(question, lambda cursor: tuple(_visible(cursor, store, account)))


def _visible(
    connection: duckdb.DuckDBPyConnection, store: Store, account: Account, query_id: int | None = None
) -> list[SavedQuery]:
    if not account.active:
        return []
    tenant_ids = sorted(viewer_of(store, account).tenant_ids)
    values = {"user_id": account.user_id, "tenant_ids": tenant_ids, "query_id": query_id}
    rows = connection.execute(query(__name__, "saved_queries"), values).fetchall()
    return [_saved_query(*row) for row in rows]


def _saved_query(*row: Any) -> SavedQuery:
    key, user_id, owner, tenant_id, name, statement, parameters, saved_at = row
    told = parse_parameters(parameters)
    return SavedQuery(key, user_id, owner, tenant_id, name, statement, told, aware(saved_at))


def _one(connection: duckdb.DuckDBPyConnection, store: Store, account: Account, query_id: int) -> SavedQuery:
    found = _visible(connection, store, account, query_id) if 0 < query_id < 2**31 else []
    if not found:
        raise QueryRefused(NONE_SUCH)
    return found[0]


def _changeable(connection: duckdb.DuckDBPyConnection, store: Store, by: str, query_id: int) -> SavedQuery:
    account = sharing.acting_user(connection, by, THINGS)
    found = _one(connection, store, account, query_id)
    sharing.refuse_to_change(found, account, THINGS)
    return found


def _save(connection: duckdb.DuckDBPyConnection, found: SavedQuery, now: datetime, **changed: Any) -> None:
    values = {
        "query_id": found.query_id,
        "name": found.name,
        "statement": found.statement,
        "parameters": written_parameters(found.parameters),
        "tenant_id": found.tenant_id,
    }
    connection.execute(query(__name__, "save_query"), values | changed | {"now": stored(now)})


def _subject(found: SavedQuery, tenant_id: int | None = None) -> Subject:
    return Subject(f"query {found.query_id}", tenant_id or found.tenant_id)
