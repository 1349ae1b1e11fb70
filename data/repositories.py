"""The repositories that tenants follow: add, pause, resume, remove, and find them.

RepositoryRefused      there is no such repository to see, or it cannot be changed so
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import duckdb

from data import schema
from data.calendar import stored
from data.identity import next_id
from data.models import Repository, RepositoryFacts, RepositoryState, Viewer
from data.sql import query
from data.store import Store


class RepositoryRefused(Exception):
    """A repository is not there for this viewer, or cannot be changed so; the sentence says why."""


def repositories(viewer: Viewer, store: Store) -> list[Repository]:
    """The visible repositories, removed ones included, by tenant and name."""
    with store.traffic.read() as cursor:
        visible = {"visible": list(viewer.repository_ids)}
        rows = cursor.execute(query("repositories.repositories"), visible).fetchall()
    return [Repository(row[0], row[1], row[2], row[3], RepositoryState(row[4]), row[5]) for row in rows]


def repository_named(viewer: Viewer, store: Store, tenant_id: int, full_name: str) -> Repository:
    """The tenant's visible repository of that name, letter case aside. Raises RepositoryRefused."""
    for found in repositories(viewer, store):
        if found.tenant_id == tenant_id and found.full_name.casefold() == full_name.casefold():
            return found
    raise RepositoryRefused(f"{full_name} is not followed. See what is: python -m collector repo list")


def add_repositories(store: Store, tenant_id: int, facts: Sequence[RepositoryFacts], now: datetime) -> list[Repository]:
    """Follow repositories that GitHub has told of. One that is followed already, under any name, stays one.

    A removed or paused one is resumed with its history.
    """
    with store.traffic.commit("adding repositories") as connection:
        ids = [_add(connection, tenant_id, each, now) for each in facts]
    return [
        Repository(i, tenant_id, f.github_id, f.full_name, RepositoryState.ACTIVE)
        for i, f in zip(ids, facts, strict=True)
    ]


def pause_repository(store: Store, repository_id: int, now: datetime) -> None:
    """Stop collecting a repository; its history stays."""
    pause_repositories(store, [repository_id], now)


def resume_repository(store: Store, repository_id: int, now: datetime) -> None:
    """Collect a paused or removed repository again."""
    resume_repositories(store, [repository_id], now)


def remove_repository(store: Store, repository_id: int, now: datetime) -> None:
    """Stop following a repository; its history stays, marked removed."""
    remove_repositories(store, [repository_id], now)


def remove_repository_with_data(store: Store, repository_id: int) -> None:
    """Stop following a repository and delete all that was collected of it."""
    remove_repositories_with_data(store, [repository_id])


def pause_repositories(store: Store, repository_ids: Iterable[int], now: datetime) -> None:
    """Stop collecting repositories, all of them in one commit; their history stays."""
    _change_states(store, repository_ids, RepositoryState.PAUSED, now)


def resume_repositories(store: Store, repository_ids: Iterable[int], now: datetime) -> None:
    """Collect paused, removed or unreachable repositories again, all of them in one commit."""
    _change_states(store, repository_ids, RepositoryState.ACTIVE, now)


def remove_repositories(store: Store, repository_ids: Iterable[int], now: datetime) -> None:
    """Stop following repositories, all of them in one commit; their history stays, marked removed."""
    _change_states(store, repository_ids, RepositoryState.REMOVED, now)


def remove_repositories_with_data(store: Store, repository_ids: Iterable[int]) -> None:
    """Stop following repositories and delete all that was collected of them, in one commit."""
    with store.traffic.commit("deleting the data of repositories") as connection:
        for repository_id in repository_ids:
            schema.delete_repository(connection, repository_id)


def _add(connection: duckdb.DuckDBPyConnection, tenant_id: int, facts: RepositoryFacts, now: datetime) -> int:
    owner, _, name = facts.full_name.partition("/")
    values = {
        "tenant_id": tenant_id,
        "github_id": facts.github_id,
        "owner": owner,
        "name": name,
        "full_name": facts.full_name,
        "visibility": facts.visibility,
        "archived": facts.archived,
        "fork": facts.fork,
        "now": stored(now),
    }
    known = "select repository_id from repository where tenant_id = $tenant_id and github_id = $github_id"
    rows = connection.execute(known, {"tenant_id": tenant_id, "github_id": facts.github_id}).fetchall()
    if rows:
        revive = {"repository_id": rows[0][0], "full_name": facts.full_name, "owner": owner, "name": name}
        connection.execute(query("repositories.resume"), revive | {"now": stored(now)})
        return int(rows[0][0])
    repository_id = next_id(connection, "repository")
    connection.execute(query("repositories.add"), values | {"repository_id": repository_id})
    return repository_id


def _change_states(store: Store, repository_ids: Iterable[int], state: RepositoryState, now: datetime) -> None:
    with store.traffic.commit(f"marking repositories {state}") as connection:
        for repository_id in repository_ids:
            values = {"repository_id": repository_id, "state": state.value, "now": stored(now)}
            connection.execute(query("repositories.change_state"), values)
