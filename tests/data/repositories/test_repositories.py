"""Repositories: several are paused, resumed, removed and deleted in one commit."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant, operator
from data.repositories.models import RepositoryFacts, RepositoryState
from data.repositories.repositories import (
    add_repositories,
    pause_repositories,
    remove_repositories,
    remove_repositories_with_data,
    repositories,
    resume_repositories,
)
from data.store import Store
from tests.data.writers import NOW

Change = Callable[[Store, str, list[int], datetime], object]


@pytest.fixture
def ids(store: Store) -> list[int]:
    """The ids of three repositories of a tenant."""
    tenant = add_tenant(store, COMMAND_LINE, "blue", "daily", NOW)
    facts = [RepositoryFacts(key, f"blue/r{key}", "public", False, False) for key in (1, 2, 3)]
    return [each.repository_id for each in add_repositories(store, COMMAND_LINE, tenant.tenant_id, facts, NOW)]


def states(store: Store) -> dict[int, RepositoryState]:
    return {each.repository_id: each.state for each in repositories(operator(store), store)}


@pytest.mark.parametrize(
    ("change", "state"),
    [(pause_repositories, RepositoryState.PAUSED), (remove_repositories, RepositoryState.REMOVED)],
)
def test_several_change_in_one_commit_and_the_others_stay(
    store: Store, ids: list[int], change: Change, state: RepositoryState
) -> None:
    version = store.traffic.version()
    change(store, COMMAND_LINE, ids[:2], NOW)
    assert store.traffic.version() == version + 1
    assert states(store) == {ids[0]: state, ids[1]: state, ids[2]: RepositoryState.ACTIVE}
    resume_repositories(store, COMMAND_LINE, ids, NOW)
    assert set(states(store).values()) == {RepositoryState.ACTIVE}


def test_several_are_deleted_in_one_commit(store: Store, ids: list[int]) -> None:
    version = store.traffic.version()
    remove_repositories_with_data(store, COMMAND_LINE, ids[1:], NOW)
    assert store.traffic.version() == version + 1
    assert set(states(store)) == {ids[0]}


def test_new_known_and_removed_ones_are_added_in_one_commit_each_once(store: Store, ids: list[int]) -> None:
    remove_repositories(store, COMMAND_LINE, ids[:1], NOW)
    version = store.traffic.version()
    expected = [(4, "blue/new"), (1, "blue/renamed"), (5, "blue/newer"), (2, "blue/r2"), (4, "blue/new")]
    facts = [RepositoryFacts(key, name, None, None, None) for key, name in expected]
    added = add_repositories(store, COMMAND_LINE, 1, facts, NOW)
    assert store.traffic.version() == version + 1
    new = ids[-1] + 1
    assert [each.repository_id for each in added] == [new, ids[0], new + 1, ids[1], new]
    found = {each.repository_id: (each.full_name, each.state) for each in repositories(operator(store), store)}
    names = {ids[0]: "blue/renamed", ids[1]: "blue/r2", ids[2]: "blue/r3", new: "blue/new", new + 1: "blue/newer"}
    assert found == {key: (name, RepositoryState.ACTIVE) for key, name in names.items()}


def test_what_github_tells_of_a_repository_is_stored_with_it(store: Store, ids: list[int]) -> None:
    facts = [RepositoryFacts(7, "green/one", "private", True, False), RepositoryFacts(8, "green/two", None, None, True)]
    add_repositories(store, COMMAND_LINE, 1, facts, NOW)
    sql = "select owner, name, visibility, archived, fork from repository where owner = 'green' order by all"
    with store.traffic.read() as cursor:
        rows = cursor.execute(sql).fetchall()
    assert rows == [("green", "one", "private", True, False), ("green", "two", None, None, True)]


def test_an_active_repository_that_is_added_again_stays_active_since_it_was(store: Store, ids: list[int]) -> None:
    add_repositories(store, COMMAND_LINE, 1, [RepositoryFacts(1, "blue/r1", None, None, None)], NOW + timedelta(days=3))
    with store.traffic.read() as cursor:
        since = cursor.execute("select distinct state_since from repository").fetchall()
    assert since == [(NOW.replace(tzinfo=None),)]
