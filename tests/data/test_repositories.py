"""Repositories: several are paused, resumed, removed and deleted in one commit."""

from collections.abc import Callable
from datetime import datetime

import pytest

from data.models import RepositoryFacts, RepositoryState
from data.repositories import (
    add_repositories,
    pause_repositories,
    remove_repositories,
    remove_repositories_with_data,
    repositories,
    resume_repositories,
)
from data.store import Store
from data.tenants import add_tenant, operator
from tests.data.writers import NOW

Change = Callable[[Store, list[int], datetime], None]


@pytest.fixture
def ids(store: Store) -> list[int]:
    """The ids of three repositories of a tenant."""
    tenant = add_tenant(store, "blue", "daily", NOW)
    facts = [RepositoryFacts(key, f"blue/r{key}", "public", False, False) for key in (1, 2, 3)]
    return [each.repository_id for each in add_repositories(store, tenant.tenant_id, facts, NOW)]


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
    change(store, ids[:2], NOW)
    assert store.traffic.version() == version + 1
    assert states(store) == {ids[0]: state, ids[1]: state, ids[2]: RepositoryState.ACTIVE}
    resume_repositories(store, ids, NOW)
    assert set(states(store).values()) == {RepositoryState.ACTIVE}


def test_several_are_deleted_in_one_commit(store: Store, ids: list[int]) -> None:
    version = store.traffic.version()
    remove_repositories_with_data(store, ids[1:])
    assert store.traffic.version() == version + 1
    assert set(states(store)) == {ids[0]}
