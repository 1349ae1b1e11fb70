"""Answers about what is not there any more: dropped, counted, and nowhere to be found."""

from datetime import timedelta

import pytest

from collector.endpoints.lists import ListingEntry, ListingObservation
from collector.endpoints.stars import StarDay, StarObservation
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant
from data.collection import ledger
from data.collection.models import EndpointResult, Outcome, StateChange
from data.repositories.models import RepositoryFacts, RepositoryState
from data.repositories.repositories import add_repositories, remove_repositories_with_data
from data.schema.migrate import tables
from data.store import Store
from tests.data.writers import FIRST_DAY, NOW, PROGRESS, result, views


@pytest.fixture
def ids(store: Store) -> list[int]:
    """The numbers of two repositories of a tenant."""
    tenant = add_tenant(store, COMMAND_LINE, "blue", "daily", NOW)
    facts = [RepositoryFacts(key, f"blue/r{key}", "public", False, False) for key in (1, 2)]
    return [each.repository_id for each in add_repositories(store, COMMAND_LINE, tenant.tenant_id, facts, NOW)]


def answers(key: int) -> list[EndpointResult]:
    """Answers of several kinds about a repository, a refusal with a change of its state among them."""
    change = StateChange(RepositoryState.UNAVAILABLE, "GitHub does not show it.")
    listing = ListingObservation("referrers", (ListingEntry("Google", None, 3, 1),))
    return [
        views(key, {FIRST_DAY: (5, 1)}),
        result(key, "referrers", listing),
        result(key, "star_history", StarObservation((StarDay(FIRST_DAY, 2),))),
        EndpointResult(key, "repository", NOW, Outcome.MISSING, elapsed_ms=1, status=404, state_change=change),
    ]


def repositories_in(store: Store) -> dict[str, set[int]]:
    """Which repositories have a row, by table."""
    with store.traffic.read() as cursor:
        found = {}
        for table in tables(cursor):
            relation = cursor.table(table)
            if "repository_id" in relation.columns:
                found[table] = {key for (key,) in relation.select("repository_id").fetchall()}
    return found


def test_answers_about_a_deleted_repository_are_dropped_and_those_of_others_kept(store: Store, ids: list[int]) -> None:
    deleted, kept = ids
    remove_repositories_with_data(store, COMMAND_LINE, [deleted], NOW)
    (saved,) = ledger.save_results(store, [ledger.Batch(1, [*answers(deleted), *answers(kept)], PROGRESS)])
    assert (saved.rows_changed, set(saved.gone)) == (3, {deleted})
    found = repositories_in(store)
    assert set().union(*found.values()) == {kept}
    assert {"daily_traffic", "endpoint_state", "collection_result"} <= {table for table, keys in found.items() if keys}


def test_answers_of_a_run_that_the_store_does_not_know_are_dropped(store: Store, ids: list[int]) -> None:
    (saved,) = ledger.save_results(store, [ledger.Batch(99, answers(ids[0]), PROGRESS)])
    assert (saved.rows_changed, set(saved.gone)) == (0, {ids[0]})
    ledger.finish_runs(store, {99: PROGRESS}, NOW + timedelta(minutes=1))
    found = repositories_in(store)
    assert found.pop("repository") == set(ids)
    assert set().union(*found.values()) == set()
