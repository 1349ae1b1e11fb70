"""Workflow runs a day and the checkouts of a few: asked by choice, within a budget, and no failure where refused."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from collector.endpoints.actions import WORKFLOW_RUNS, DayOfRuns, RunsObservation, checkouts
from collector.endpoints.endpoint import Fetched, Request
from collector.errors import AnswerRefused, NotGranted
from data.collection.models import CollectableRepository, EndpointState, Outcome
from data.repositories.models import Repository, RepositoryState
from tests.collector.asking import DAYS, NOW, SECRET, Asking, asking, hello
from tests.fake_github import Lack, Token, World

RUNS = dict.fromkeys(DAYS, 5)


def ask(there: Asking, answered_ago: timedelta | None = None) -> Fetched:
    return WORKFLOW_RUNS.fetch(there.github, Request("octo/hello", NOW, None, answered_ago))


def seen(fetched: Fetched) -> tuple[DayOfRuns, ...]:
    assert isinstance(fetched.observation, RunsObservation)
    return fetched.observation.days


def test_at_first_the_days_of_the_clones_are_asked_for_and_ten_runs_looked_at() -> None:
    with asking(world=World([hello(runs=RUNS, checkouts=(1, 3))], [Token(SECRET)])) as there:
        found = seen(ask(there))
        assert [each.day for each in found] == [date(2026, 5, 9) - timedelta(days=back) for back in range(14)]
        assert {each.runs for each in found} == {5}
        looked_at = [count for each in found for count in each.checkouts.values()]
        assert (len(looked_at), set(looked_at)) == (10, {1, 3})
        assert there.asked <= 14 + 2 * 10
        assert seen(ask(there)) == found  # by chance, but the same again


def test_afterwards_the_days_since_then_are_asked_for_and_the_one_before_is_counted_again() -> None:
    with asking(world=World([hello(runs={date(2026, 5, 9): 1200})], [Token(SECRET)])) as there:
        found = seen(ask(there, timedelta(days=1)))
        assert [(each.day.day, each.runs, len(each.checkouts)) for each in found] == [(9, 1200, 2), (8, 0, 0)]
        assert ask(there, timedelta(days=300)).observation is not None
        assert all(
            "created=2026-04" in each or "created=2026-05" in each for each in there.server.requests.targets()[:6:5]
        )


@pytest.mark.parametrize("kind", ["fine_grained", "app"])
def test_without_the_permission_it_is_unknown_and_asked_again_after_a_week(kind: str) -> None:
    world = World([hello(runs=RUNS)], [Token(SECRET, kind=kind, lack=Lack.ACTIONS)])
    with asking(world=world) as there, pytest.raises(NotGranted, match="Actions: read") as refused:
        ask(there)
    assert (refused.value.outcome.failed, refused.value.outcome.good) == (False, False)
    state = EndpointState(NOW, None, Outcome.NOT_GRANTED)
    repository = Repository(1, 1, 1, "o/r", RepositoryState.ACTIVE)
    each = CollectableRepository(repository, {"workflow_runs": state}, reads_actions=True)
    assert [WORKFLOW_RUNS.is_due(each, NOW + timedelta(days=days)) for days in (1, 7)] == [False, True]
    assert not WORKFLOW_RUNS.is_due(replace(each, reads_actions=False), NOW + timedelta(days=7))


@pytest.mark.parametrize(
    ("name", "conclusion", "count"),
    [
        ("Run actions/checkout@v4", "success", 1),
        ("Run actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8", "success", 1),
        ("Checkout", "success", 1),
        ("Check out the source code", "success", 1),
        ("Run actions/checkout@v4", "skipped", 0),
        ("Post Run actions/checkout@v4", "success", 0),
        ("Run git checkout main", "success", 0),
        (None, "success", 0),
    ],
)
def test_a_checkout_is_a_step_with_its_usual_name(name: Any, conclusion: str, count: int) -> None:
    assert checkouts({"jobs": [{"steps": [{"name": name, "conclusion": conclusion}]}, {"steps": None}]}) == count


@pytest.mark.parametrize("body", [None, {}, {"jobs": [1]}, {"jobs": [{"steps": 1}]}, {"jobs": [{"steps": ["x"]}]}])
def test_what_is_no_list_of_jobs_is_refused(body: Any) -> None:
    with pytest.raises(AnswerRefused):
        checkouts(body)
