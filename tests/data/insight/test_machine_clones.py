"""How many clones machines have made at least: what is claimed holds, and what is not known is NULL."""

from datetime import date

import pytest

from collector.endpoints.actions import DayOfRuns, RunsObservation
from data.insight.spike_causes import WorkflowRunsRise, explained_spikes
from data.insight.spikes import save_spikes
from data.sharing.badges import BadgeMeasure, BadgePeriod, badge_number
from data.store import Store
from data.traffic.models import Metric, Selection
from tests.data.reading import ago, answer, ask, follow, viewer_of
from tests.data.writers import NOW, result, save
from tests.data.written_once import written_once

WILD = 8  # days ago: a day of many builds
CLONES = [200 if back == WILD else 20 for back in range(40, 0, -1)]
COLUMNS = "workflow_runs, sampled_runs, checkouts_a_run, at_least_by_actions, at_most_by_others"


def runs(days: dict[date, int], checkouts: tuple[int, ...] = (1,), looked_at: int = 9) -> RunsObservation:
    """Runs of these days; on the first ones, one run each was looked at."""
    seen = {day: {n: checkouts[n % len(checkouts)]} for n, day in enumerate(list(days)[:looked_at])}
    return RunsObservation(tuple(DayOfRuns(day, count, seen.get(day, {})) for day, count in days.items()))


@pytest.fixture
@written_once
def key(store: Store) -> int:
    (key,) = follow(store, "red/rocket")
    save(store, answer(key, Metric.CLONES, CLONES))
    return key


def clones_of_day(store: Store, key: int, back: int) -> tuple[object, ...]:
    question = f"select {COLUMNS} from v_clones where repository_id = $key and day = $day"
    return ask(store, question, key=key, day=ago(back))[0]


def test_runs_times_their_sure_checkouts_are_clones_by_actions_and_never_more_than_all(store: Store, key: int) -> None:
    save(store, result(key, "workflow_runs", runs({ago(back): 150 if back == WILD else 12 for back in range(1, 15)})))
    assert clones_of_day(store, key, 3) == (12, 9, 1.0, 12, 8)
    assert clones_of_day(store, key, WILD) == (150, 9, 1.0, 150, 50)
    assert clones_of_day(store, key, 20) == (None, None, None, None, None)
    save(store, result(key, "workflow_runs", runs({ago(3): 70}, looked_at=0)))
    assert clones_of_day(store, key, 3)[0::3] == (70, 20)
    save(store, result(key, "workflow_runs", runs({ago(3): 5, ago(4): 0}, looked_at=0)))  # runs were deleted
    assert [clones_of_day(store, key, back)[0] for back in (3, 4)] == [70, 12]


@pytest.mark.parametrize(
    ("checkouts", "looked_at", "least"),
    [
        ((1, 3), 10, 16),  # two a run on average, with a standard error of a third: 12 × 4/3
        ((0, 9), 10, 18),  # four and a half, with a standard error of one and a half
        ((1, 3), 7, None),  # too few; on this day none
    ],
)
def test_what_is_sure_is_less_than_the_average(
    store: Store, key: int, checkouts: tuple[int, ...], looked_at: int, least: int | None
) -> None:
    seen = runs({ago(back): 12 for back in range(14, 0, -1)}, checkouts, looked_at)
    save(store, result(key, "workflow_runs", seen))
    assert clones_of_day(store, key, 3)[3] == least


def test_with_few_runs_the_checkouts_that_were_seen_are_sure(store: Store, key: int) -> None:
    save(store, result(key, "workflow_runs", runs({ago(3): 5, ago(2): 0}, (4,), looked_at=1)))
    assert [clones_of_day(store, key, back)[3] for back in (3, 2)] == [4, 0]


def test_the_steady_floor_is_the_fewest_of_fifteen_final_days(store: Store, key: int) -> None:
    question = "select day, steady_floor, at_least_by_one_cloner from v_clones where repository_id = $key order by day"
    days = {day: rest for day, *rest in ask(store, question, key=key)}
    assert [days[ago(back)][0] for back in (27, 26, 3, 2)] == [None, 20, 20, None]
    assert days[ago(WILD)][1] == 2  # 200 clones by 100 cloners


def test_workflow_runs_explain_a_spike_of_clones_and_the_badge_leaves_them_out(store: Store, key: int) -> None:
    viewer, today = viewer_of(key), NOW.date()
    assert badge_number(viewer, store, BadgeMeasure.NOT_BY_ACTIONS, BadgePeriod.MONTH, today) is None
    save(store, result(key, "workflow_runs", runs({ago(back): 150 if back == WILD else 12 for back in range(1, 15)})))
    save_spikes(store, [key], today)
    (spike,) = explained_spikes(viewer, store, Selection(ago(40), ago(1), today), 9)
    assert [(each.kind, each.detail) for each in spike.causes] == [("runs", WorkflowRunsRise(150, 12.0, 150))]
    assert spike.causes[0].weight == pytest.approx(138 / 180, abs=0.01)
    every = sum(CLONES[-30:])
    assert badge_number(viewer, store, BadgeMeasure.NOT_BY_ACTIONS, BadgePeriod.MONTH, today) == every - 150 - 13 * 12
