"""The system log: who sees everything sees whole runs, anyone else what concerns their repositories."""

from datetime import timedelta

import pytest

from data.accounts.models import Viewer
from data.accounts.tenants import operator
from data.collection.log import results, runs
from data.collection.models import LoggedResult, LoggedRun, Outcome, RunState
from data.store import Store
from tests.data.filled import DOCS, ENGINE, NEW, TELESCOPE
from tests.data.writers import NOW

LAST_RUN = 5


def viewer(*visible: int) -> Viewer:
    return Viewer(frozenset(visible), frozenset({1, 2}))


def test_who_sees_every_repository_sees_whole_runs_newest_first(full: Store) -> None:
    logged = runs(operator(full), full, 2)
    assert [each.run_id for each in logged] == [LAST_RUN, LAST_RUN - 1]
    asked = len(results(operator(full), full, run_id=LAST_RUN))
    ended = NOW + timedelta(minutes=2)
    assert logged[0] == LoggedRun(LAST_RUN, "schedule", NOW, ended, RunState.PARTIAL, asked, 4, "GitHub was slow.")


def test_a_run_without_a_result_is_seen_by_who_sees_everything(full: Store) -> None:
    first = runs(operator(full), full, 100)[-1]
    assert (first.run_id, first.state, first.repositories) == (1, RunState.STOPPED, 0)


def test_anyone_else_gets_counts_of_their_own_repositories_only(full: Store) -> None:
    logged = runs(viewer(ENGINE, DOCS), full, 100)
    assert [(each.run_id, each.repositories) for each in logged] == [(5, 2), (4, 2), (3, 2), (2, 2)]
    assert {(each.requests, each.message) for each in logged} == {(None, None)}


def test_a_message_that_may_name_a_tenant_without_repositories_is_for_who_sees_it_too(full: Store) -> None:
    everything = operator(full)
    logged = runs(Viewer(everything.repository_ids, everything.tenant_ids - {2}), full, 100)
    assert {(each.requests, each.message) for each in logged} == {(None, None)}


@pytest.mark.parametrize("visible", [(), (NEW,), (999,)])
def test_who_has_no_part_in_a_run_does_not_learn_of_it(full: Store, visible: tuple[int, ...]) -> None:
    assert runs(viewer(*visible), full, 100) == ()


def test_a_result_says_what_was_asked_and_what_came_of_it(full: Store) -> None:
    reason = "The token may not read its traffic."
    assert list(results(viewer(DOCS), full, run_id=LAST_RUN)) == [
        LoggedResult(LAST_RUN, "Blue", "blue/docs", asked, NOW, Outcome.NO_PERMISSION, 403, reason, 0, 9)
        for asked in ("clones", "views")
    ]


def test_results_of_others_are_not_there_whatever_is_asked_for(full: Store) -> None:
    everything = results(viewer(TELESCOPE), full)
    assert {each.full_name for each in everything} == {"green/telescope"}
    assert results(viewer(TELESCOPE), full, repository_id=DOCS) == ()
    assert results(viewer(TELESCOPE), full, failed_only=True) == ()
    assert results(viewer(), full) == ()


def test_only_failures_are_told_when_only_failures_are_asked_for(full: Store) -> None:
    failed = results(operator(full), full, failed_only=True)
    assert {(each.full_name, each.outcome) for each in failed} == {("blue/docs", "no_permission")}


def test_filters_narrow_together_and_the_newest_come_first(full: Store) -> None:
    logged = results(operator(full), full, run_id=4, repository_id=ENGINE, limit=3)
    assert [(each.run_id, each.full_name) for each in logged] == [(4, "blue/engine")] * 3
    moments = [each.finished_at for each in results(operator(full), full)]
    assert moments == sorted(moments, reverse=True)
