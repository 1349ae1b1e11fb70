"""The repositories that tenants follow: add, pause, resume, remove, and find them.

RepositoryRefused      there is no such repository to see, or it cannot be changed so
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from data.accounts.models import Viewer
from data.calendar import stored
from data.repositories.models import Repository, RepositoryFacts, RepositoryState
from data.schema import migrate as schema
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_ids
from data.store.sql import query


class RepositoryRefused(Exception):
    """A repository is not there for this viewer, or cannot be changed so; the sentence says why."""


@cached("traffic")
def repositories(viewer: Viewer, store: Store) -> tuple[Repository, ...]:
    """The visible repositories, removed ones included, by tenant and name."""
    with store.traffic.read() as cursor:
        rows = cursor.execute(query(__name__, "repositories"), {"visible": list(viewer.repository_ids)}).fetchall()
    return tuple(Repository(row[0], row[1], row[2], row[3], RepositoryState(row[4]), row[5]) for row in rows)


@cached("traffic")
def repository_names(viewer: Viewer, store: Store) -> Mapping[int, str]:
    """The visible repositories by id, each under a name of its own: where two have the same, with their number."""
    visible = repositories(viewer, store)
    times = Counter(each.full_name.casefold() for each in visible)
    names = {each.repository_id: each.full_name for each in visible}
    double = [each for each in visible if times[each.full_name.casefold()] > 1]
    return MappingProxyType(names | {each.repository_id: f"{each.full_name} · {each.repository_id}" for each in double})


@cached("traffic")
def addresses(viewer: Viewer, store: Store) -> Mapping[str, int]:
    """Every name under which a visible repository may stand in an address, with the one that is meant.

    Beside the names of now those of before: with a number, from when there were two of the name, or without one.
    """
    every = sorted(repositories(viewer.of_each_tenant(), store), key=lambda each: each.state is RepositoryState.ACTIVE)
    plain = {each.full_name: viewer.counted(each.repository_id) for each in every}
    numbered = {f"{each.full_name} · {each.repository_id}": viewer.counted(each.repository_id) for each in every}
    return MappingProxyType(plain | numbered)


@cached("traffic")
def other_tenants(viewer: Viewer, store: Store) -> Mapping[int, tuple[str, ...]]:
    """The repositories that the viewer sees with several tenants, by id: the names of the other tenants."""
    every = viewer.of_each_tenant()
    with store.traffic.read() as cursor:
        rows = cursor.execute(query(__name__, "other_tenants"), {"visible": list(every.repository_ids)}).fetchall()
    return MappingProxyType({key: tuple(names) for key, names in rows})


def repository_named(viewer: Viewer, store: Store, tenant_id: int, name: str) -> Repository:
    """The tenant's visible repository of that name, letter case aside, or of that number, as in #12.

    Raises: RepositoryRefused, also where the tenant has two of that name, as when another took over a deleted one's.
    """
    found = repositories_named(viewer, store, [tenant_id], name)
    if not found:
        raise RepositoryRefused(f"{name} is not tracked. See what is: python -m collector repo list")
    return found[0]


def repositories_named(viewer: Viewer, store: Store, tenant_ids: Collection[int], name: str) -> list[Repository]:
    """Of each of these tenants the visible repository of that name or number, where it has one.

    Raises: RepositoryRefused where a tenant has two of that name; the sentence tells them apart.
    """
    visible = [each for each in repositories(viewer, store) if each.tenant_id in tenant_ids]
    found = [each for each in visible if name.casefold() in {each.full_name.casefold(), f"#{each.repository_id}"}]
    owners = Counter(each.tenant_id for each in found)
    double = [each for each in found if owners[each.tenant_id] > 1]
    if double:
        raise RepositoryRefused(_told_apart(store, name, double))
    return found


def add_repositories(store: Store, tenant_id: int, facts: Sequence[RepositoryFacts], now: datetime) -> list[Repository]:
    """Follow repositories that GitHub has told of. One that is followed already, under any name, stays one.

    A removed or paused one is resumed with its history.
    """
    told = {each.github_id: each for each in facts}  # each once, as told last
    with store.traffic.commit("adding repositories") as connection:
        asked = {"tenant_id": tenant_id, "github_ids": list(told)}
        known: dict[int, int] = dict(connection.execute(query(__name__, "known"), asked).fetchall())
        new = [github_id for github_id in told if github_id not in known]
        if known:
            columns = _columns([told[github_id] for github_id in known])
            names = {key: columns[key] for key in ("full_names", "owners", "names")}
            values = {"repository_ids": list(known.values()), "now": stored(now)}
            connection.execute(query(__name__, "resume"), names | values)
        if new:
            known |= zip(new, next_ids(connection, "repository", len(new)), strict=True)
            values = {"repository_ids": [known[key] for key in new], "tenant_id": tenant_id, "now": stored(now)}
            connection.execute(query(__name__, "add"), _columns([told[key] for key in new]) | values)
    return [Repository(known[f.github_id], tenant_id, f.github_id, f.full_name, RepositoryState.ACTIVE) for f in facts]


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


def _told_apart(store: Store, name: str, double: Sequence[Repository]) -> str:
    with store.traffic.read() as cursor:
        added = dict(cursor.execute("select repository_id, added_at from repository").fetchall())
    lines = [f"  #{r.repository_id}  {r.full_name}  {r.state}, added {added[r.repository_id]:%Y-%m-%d}" for r in double]
    hint = f"Say which by its number, in quotes: '#{double[-1].repository_id}'"
    return "\n".join([f"{name}: more than one repository has this name.", *lines, hint])


def _columns(facts: Sequence[RepositoryFacts]) -> dict[str, list[Any]]:
    return {
        "github_ids": [each.github_id for each in facts],
        "owners": [each.full_name.partition("/")[0] for each in facts],
        "names": [each.full_name.partition("/")[2] for each in facts],
        "full_names": [each.full_name for each in facts],
        "visibilities": [each.visibility for each in facts],
        "archived": [each.archived for each in facts],
        "forks": [each.fork for each in facts],
    }


def _change_states(store: Store, repository_ids: Iterable[int], state: RepositoryState, now: datetime) -> None:
    with store.traffic.commit(f"marking repositories {state}") as connection:
        values = {"repository_ids": list(repository_ids), "state": state.value, "now": stored(now)}
        connection.execute(query(__name__, "change_state"), values)
