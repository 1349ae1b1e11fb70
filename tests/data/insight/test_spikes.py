"""Which days stand out against a series' own weekly pattern, and which do not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.insight.spikes import LEAST_KNOWN, Expectation, expectation, stretches

WEEK = (40, 44, 38, 42, 36, 9, 11)


def weeks(count: int, level: float = 1.0) -> list[float]:
    """Weeks of the same pattern, with a little chance that is always the same."""
    chance = np.random.default_rng(3)
    return [float(chance.poisson(level * usual)) for _ in range(count) for usual in WEEK]


def judged(values: Any) -> Expectation:
    return expectation(np.array([values], dtype=np.float64))


def found(values: Any) -> list[tuple[int, str]]:
    """The places and kinds of the days of all stretches that stand out."""
    counts = np.array([values], dtype=np.float64)
    judged = sorted((each.first, each.last, "spike" if each.score > 0 else "drop") for _, each in stretches(counts))
    return [(day, kind) for first, last, kind in judged for day in range(first, last + 1)]


QUIET = [0, 1, 0, 3, 0, 0, 1] * 10
GROWING = [float(np.random.default_rng(4 + n).poisson(WEEK[n % 7] * 1.01**n)) for n in range(300)]


@pytest.mark.parametrize(
    ("values", "place", "count", "kind"),
    [
        pytest.param(weeks(12), 40, 200, "spike", id="five times the usual"),
        pytest.param(weeks(12), 48, 48, "spike", id="a busy Sunday, though every Monday has more"),
        pytest.param(weeks(12), 43, 0, "drop", id="nothing on a busy repository"),
        pytest.param(weeks(12, 25), 43, 2100, "spike", id="twice the usual, where it is always the same"),
        pytest.param(weeks(5), 0, 40, None, id="a short history with quiet weekends"),
        pytest.param(QUIET, 33, 20, "spike", id="twenty where there are next to none"),
        pytest.param(QUIET, 33, 8, None, id="a handful"),
        pytest.param(weeks(52), 0, 40, None, id="a weekly pattern alone"),
        pytest.param(GROWING, 0, 40, None, id="growth"),
    ],
)
def test_a_day_stands_out_against_its_own_week_or_nothing_does(
    values: list[float], place: int, count: int, kind: str | None
) -> None:
    changed = [*values[:place], count, *values[place + 1 :]]
    assert found(changed) == ([(place, kind)] if kind else [])


@pytest.mark.parametrize("length", [2, 5, 8])
def test_the_days_of_a_burst_do_not_hide_each_other(length: int) -> None:
    values = weeks(14)
    values[42 : 42 + length] = [8 * value + 40 for value in values[42 : 42 + length]]
    assert found(values) == [(n, "spike") for n in range(42, 42 + length)]


def test_a_wave_of_three_weeks_is_one_stretch_with_the_days_on_which_it_dies_away() -> None:
    values = weeks(24)
    values[80:101] = [usual * (1 + 14 * 0.85**n) for n, usual in enumerate(values[80:101])]
    ((_, wave),) = stretches(np.array([values]))
    assert (wave.first, wave.peak) == (80, 80)
    assert 95 <= wave.last <= 100


def test_a_level_that_lasts_is_no_spike_for_ever() -> None:
    values = weeks(10) + weeks(10, 4.0)
    assert [place for place, _ in found(values) if not 68 <= place <= 72] == []


def test_the_first_days_of_a_new_level_stand_out_as_long_as_it_may_be_a_burst() -> None:
    assert (73, "spike") in found(weeks(10) + weeks(2, 6.0)[:5])


def test_too_little_history_says_nothing() -> None:
    few = [10.0] * LEAST_KNOWN
    assert np.isnan(judged([*few[1:], 900]).expected).all()
    assert found([*few, 900]) == [(LEAST_KNOWN, "spike")]


def test_unknown_days_are_not_zero_and_do_not_stand_out() -> None:
    values = weeks(12)
    whole = judged(values)
    values[30:50] = [float("nan")] * 20
    with_gap = judged(values)
    assert found(values) == []
    assert np.isnan(with_gap.score[0, 30:50]).all()
    assert np.nanmax(np.abs(with_gap.expected - whole.expected)) < 8


def test_what_comes_after_a_long_gap_is_not_measured_by_what_was_before() -> None:
    values = [*weeks(10), *[None] * 200, *weeks(10, 6.0)]
    assert found(values) == []


def test_days_that_stand_out_near_each_other_are_one_stretch_of_one_series_and_direction() -> None:
    quiet, busy, low = weeks(12), weeks(12), weeks(12)
    busy[42], busy[44], busy[47] = 300, 400, 350  # two days apart, then three
    low[43] = 0
    of = [(n, each.first, each.last, each.peak, each.value) for n, each in stretches(np.array([quiet, busy, low]))]
    assert of == [(1, 42, 44, 44, 400), (1, 47, 47, 47, 350), (2, 43, 43, 43, 0)]
    assert [each.score > 0 for _, each in stretches(np.array([busy, low]))] == [True, True, False]
    assert list(stretches(np.zeros((0, 90)))) == []


def test_many_series_are_judged_as_each_alone() -> None:
    chance = np.random.default_rng(5)
    counts = chance.poisson(30, (4, 90)).astype(np.float64)
    counts[2, 7] = np.nan
    together, alone = expectation(counts), [expectation(row[np.newaxis]) for row in counts]
    np.testing.assert_array_equal(together.score, np.concatenate([each.score for each in alone]))


@settings(max_examples=30)
@given(st.lists(st.one_of(st.just(float("nan")), st.integers(0, 10**7)), max_size=80))
def test_whatever_the_counts_are_the_answer_makes_sense(values: list[float]) -> None:
    days = judged(values)
    known = np.isfinite(days.expected[0])
    assert (days.expected[0, known] >= 0).all()
    for place, kind in found(values):
        assert (values[place] > days.expected[0, place]) == (kind == "spike")
