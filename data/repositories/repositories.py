"""The repositories that tenants track: add, pause, resume, remove, and find them.

RepositoryRefused      there is no such repository to see, or it cannot be changed so
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from data.accounts.audit import Change, Subject, change_of_traffic
from data.accounts.grants import managed_tenant, viewer_of
from data.accounts.models import Account, Viewer
from data.calendar import stored
from data.refusals import Refused
from data.repositories.models import Repository, RepositoryFacts, RepositoryState
from data.schema import migrate as schema
from data.store import Store
from data.store.cache import cached
from data.store.ids import next_ids
from data.store.sql import query

STAYS = {  # in which states a repository is not changed by being paused, resumed, removed
    RepositoryState.PAUSED: {RepositoryState.PAUSED, RepositoryState.REMOVED},
    RepositoryState.ACTIVE: {RepositoryState.ACTIVE},
    RepositoryState.REMOVED: {RepositoryState.REMOVED},
}
_DONE = {RepositoryState.PAUSED: "paused", RepositoryState.ACTIVE: "resumed", RepositoryState.REMOVED: "removed"}


class RepositoryRefused(Refused):
    """A repository is not there for this viewer, or cannot be changed so; the sentence says why."""


@cached("traffic")
def repositories(viewer: Viewer, store: Store) -> tuple[Repository, ...]:
    """The visible repositories, removed ones included, by tenant and name."""
    rows = store.traffic.rows(
        "with visible as (select unnest($visible::integer[]) as repository_id) "
        "select repository_id, tenant_id, github_id, full_name, state, state_reason from repository "
        "semi join visible using (repository_id) order by tenant_id, lower(full_name)",
        {"visible": list(viewer.repository_ids)},
    )
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
    meant = viewer.counted_each(each.repository_id for each in every)
    plain = {each.full_name: key for each, key in zip(every, meant, strict=True)}
    numbered = {f"{each.full_name} · {each.repository_id}": key for each, key in zip(every, meant, strict=True)}
    return MappingProxyType(plain | numbered)


@cached("traffic")
def other_tenants(viewer: Viewer, store: Store) -> Mapping[int, tuple[str, ...]]:
    """The repositories that the viewer sees with several tenants, by id: the names of the other tenants."""
    every = viewer.of_each_tenant()
    rows = store.traffic.rows(query(__name__, "other_tenants"), {"visible": list(every.repository_ids)})
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

    Raises: RepositoryRefused where a tenant has two of that name; the sentence lists both.
    """
    visible = [each for each in repositories(viewer, store) if each.tenant_id in tenant_ids]
    found = [each for each in visible if name.casefold() in {each.full_name.casefold(), f"#{each.repository_id}"}]
    owners = Counter(each.tenant_id for each in found)
    double = [each for each in found if owners[each.tenant_id] > 1]
    if double:
        raise RepositoryRefused(_ambiguous(store, name, double))
    return found


def managed_repositories(account: Account, store: Store, repository_ids: Collection[int]) -> list[Repository]:
    """The repositories of these ids, all this user's to manage.

    Raises: RepositoryRefused, the same for one that is not there and for one that the user may not see.
    """
    every = repositories(viewer_of(store, account).of_each_tenant(), store)
    visible = {each.repository_id: each for each in every}
    if not repository_ids or any(each not in visible for each in repository_ids):
        raise RepositoryRefused("There is no such repository.")
    chosen = [visible[each] for each in repository_ids]
    others = [each.full_name for each in chosen if not account.manages(each.tenant_id)]
    if others:
        raise RepositoryRefused(f"You can only read {others[0]}. Ask a manager of its tenant.")
    return chosen


def add_repositories(
    store: Store, by: str, tenant_id: int, facts: Sequence[RepositoryFacts], now: datetime
) -> list[Repository]:
    """Track repositories whose facts GitHub answered. One that is tracked already, under any name, stays one.

    A removed or paused one is resumed with its history. For the tenant's managers. Raises: NotAllowed.
    """
    reported = {each.github_id: each for each in facts}  # each once, as reported last
    with change_of_traffic(store, "adding repositories", by, now) as change:
        managed_tenant(change.account, store, tenant_id)
        connection = change.connection
        full_names = [each.full_name for each in reported.values()]
        asked = {"tenant_id": tenant_id, "github_ids": list(reported), "full_names": full_names}
        known: dict[int, int] = dict(connection.execute(query(__name__, "known"), asked).fetchall())
        new = [github_id for github_id in reported if github_id not in known]
        if known:
            columns = _columns([reported[github_id] for github_id in known])
            names = {key: columns[key] for key in ("github_ids", "full_names", "owners", "names")}
            values = {"repository_ids": list(known.values()), "now": stored(now)}
            connection.execute(query(__name__, "resume"), names | values)
        if new:
            known |= zip(new, next_ids(connection, "repository", len(new)), strict=True)
            values = {"repository_ids": [known[key] for key in new], "tenant_id": tenant_id, "now": stored(now)}
            connection.execute(query(__name__, "add"), _columns([reported[key] for key in new]) | values)
        active = RepositoryState.ACTIVE
        added = [Repository(known[f.github_id], tenant_id, f.github_id, f.full_name, active) for f in facts]
        change.record_repositories("repositories added", list(dict.fromkeys(added)))
    return added


def pause_repositories(store: Store, by: str, repository_ids: Collection[int], now: datetime) -> list[Repository]:
    """Stop collecting repositories, all of them in one commit; their history stays. For the tenant's managers.

    Answers those that were changed, as they were. Raises: RepositoryRefused, NotAllowed.
    """
    return _change_states(store, by, repository_ids, RepositoryState.PAUSED, now)


def resume_repositories(store: Store, by: str, repository_ids: Collection[int], now: datetime) -> list[Repository]:
    """Collect paused, removed or unreachable repositories again; otherwise as `pause_repositories`."""
    return _change_states(store, by, repository_ids, RepositoryState.ACTIVE, now)


def remove_repositories(store: Store, by: str, repository_ids: Collection[int], now: datetime) -> list[Repository]:
    """Stop tracking repositories; their history stays, marked removed. Otherwise as `pause_repositories`."""
    return _change_states(store, by, repository_ids, RepositoryState.REMOVED, now)


def remove_repositories_with_data(
    store: Store, by: str, repository_ids: Collection[int], now: datetime
) -> list[Repository]:
    """Stop tracking repositories and delete all that was collected of them; otherwise as `pause_repositories`."""
    with change_of_traffic(store, "deleting the data of repositories", by, now) as change:
        deleted = managed_repositories(change.account, store, repository_ids)
        for each in deleted:
            schema.delete_repository(change.connection, each.repository_id)
        _leave_groups(change, deleted)
        change.record_repositories("repositories deleted with the history", deleted)
    return deleted


def _ambiguous(store: Store, name: str, double: Sequence[Repository]) -> str:
    added = dict(store.traffic.rows("select repository_id, added_at from repository"))
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


def _change_states(
    store: Store, by: str, repository_ids: Collection[int], state: RepositoryState, now: datetime
) -> list[Repository]:
    with change_of_traffic(store, f"marking repositories {state}", by, now) as change:
        chosen = managed_repositories(change.account, store, repository_ids)
        changed = [each for each in chosen if each.state not in STAYS[state]]
        if changed:
            values = {"repository_ids": [each.repository_id for each in changed], "state": state, "now": stored(now)}
            change.connection.execute(
                "update repository set state = $state, state_reason = null, state_since = $now "
                "where list_contains($repository_ids, repository_id) and state <> $state",
                values,
            )
            if state is RepositoryState.REMOVED:
                _leave_groups(change, changed)
            change.record_repositories(f"repositories {_DONE[state]}", changed)
    return changed


def _leave_groups(change: Change, removed: Sequence[Repository]) -> None:
    """Take repositories out of their groups; a group that is empty then goes, too."""
    values = {"repository_ids": [each.repository_id for each in removed]}
    members = "delete from repository_group_member where list_contains($repository_ids, repository_id)"
    change.connection.execute(members, values)
    empty = "group_id not in (select group_id from repository_group_member)"
    rows = change.connection.execute(f"select name, tenant_id from repository_group where {empty}").fetchall()  # noqa: S608
    change.connection.execute(f"delete from repository_group where {empty}")  # noqa: S608 - the words above
    for name, tenant_id in rows:
        change.record("group removed", Subject(f"group {name}", tenant_id), "its last repository was removed")
