"""The system log: who sees everything sees whole runs, anyone else what concerns their repositories."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.collection.log import Wanted, results, runs
from data.collection.models import LoggedResult, LoggedRun, Outcome, RunState
from data.store import Store
from tests.data.filled import DOCS, ENGINE, NEW, TELESCOPE, filled_store
from tests.data.writers import NOW

LAST_RUN = 5


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A filled store that the tests of this file only read."""
    store = filled_store(tmp_path_factory.mktemp("filled") / "db")
    yield store
    store.close()


def viewer(*visible: int) -> Viewer:
    return Viewer(frozenset(visible), frozenset({1, 2}))


def test_who_sees_every_repository_sees_whole_runs_newest_first(store: Store) -> None:
    told = runs(operator(store), store, 2)
    assert [each.run_id for each in told] == [LAST_RUN, LAST_RUN - 1]
    asked = len(results(operator(store), store, Wanted(run_id=LAST_RUN)))
    ended = NOW + timedelta(minutes=2)
    assert told[0] == LoggedRun(LAST_RUN, "schedule", NOW, ended, RunState.PARTIAL, asked, 4, "GitHub was slow.")


def test_a_run_without_a_result_is_seen_by_who_sees_everything(store: Store) -> None:
    first = runs(operator(store), store, 100)[-1]
    assert (first.run_id, first.state, first.repositories) == (1, RunState.STOPPED, 0)


def test_anyone_else_gets_counts_of_their_own_repositories_only(store: Store) -> None:
    told = runs(viewer(ENGINE, DOCS), store, 100)
    assert [(each.run_id, each.repositories) for each in told] == [(5, 2), (4, 2), (3, 2), (2, 2)]
    assert {(each.requests, each.message) for each in told} == {(None, None)}


@pytest.mark.parametrize("visible", [(), (NEW,), (999,)])
def test_who_has_no_part_in_a_run_does_not_learn_of_it(store: Store, visible: tuple[int, ...]) -> None:
    assert runs(viewer(*visible), store, 100) == ()


def test_a_result_says_what_was_asked_and_what_came_of_it(store: Store) -> None:
    reason = "The token may not read its traffic."
    assert results(viewer(DOCS), store, Wanted(run_id=LAST_RUN)) == [
        LoggedResult(LAST_RUN, "Blue", "blue/docs", asked, NOW, Outcome.NO_PERMISSION, 403, reason, 0, 9)
        for asked in ("clones", "views")
    ]


def test_results_of_others_are_not_there_whatever_is_asked_for(store: Store) -> None:
    everything = results(viewer(TELESCOPE), store, Wanted())
    assert {each.full_name for each in everything} == {"green/telescope"}
    assert results(viewer(TELESCOPE), store, Wanted(repository_id=DOCS)) == []
    assert results(viewer(TELESCOPE), store, Wanted(failed_only=True)) == []
    assert results(viewer(), store, Wanted()) == []


def test_only_failures_are_told_when_only_failures_are_asked_for(store: Store) -> None:
    failed = results(operator(store), store, Wanted(failed_only=True))
    assert {(each.full_name, each.outcome) for each in failed} == {("blue/docs", "no_permission")}


def test_filters_narrow_together_and_the_newest_come_first(store: Store) -> None:
    told = results(operator(store), store, Wanted(run_id=4, repository_id=ENGINE, limit=3))
    assert [(each.run_id, each.full_name) for each in told] == [(4, "blue/engine")] * 3
    moments = [each.finished_at for each in results(operator(store), store, Wanted())]
    assert moments == sorted(moments, reverse=True)
