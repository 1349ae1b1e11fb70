"""Which days stand out against a series' own weekly pattern, and which do not."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame

from data.insight.spikes import LEAST_KNOWN, expectation, expected, find_spikes

MONDAY = date(2026, 1, 5)
WEEK = (40, 44, 38, 42, 36, 9, 11)


def series(values: Any, first: date = MONDAY) -> DataFrame:
    return DataFrame({"day": [first + timedelta(days=n) for n in range(len(values))], "value": list(values)})


def weeks(count: int, level: float = 1.0) -> list[float]:
    """Weeks of the same pattern, with a little chance that is always the same."""
    chance = np.random.default_rng(3)
    return [float(chance.poisson(level * usual)) for _ in range(count) for usual in WEEK]


def found(values: Any) -> list[tuple[int, str]]:
    """The places and kinds of the days that stand out."""
    spikes = find_spikes(series(values))
    return [((day.date() - MONDAY).days, kind) for day, kind in zip(spikes["day"], spikes["kind"], strict=True)]


def test_a_day_of_five_times_the_usual_stands_out_and_no_other() -> None:
    values = weeks(12)
    values[40] = 200
    assert found(values) == [(40, "spike")]


def test_a_busy_sunday_stands_out_though_every_monday_has_more() -> None:
    values = weeks(12)
    values[6 * 7 + 6] = 48
    assert found(values) == [(48, "spike")]
    assert max(values) > 48


def test_a_weekly_pattern_alone_never_stands_out() -> None:
    assert found(weeks(52)) == []


def test_a_day_without_anything_on_a_busy_repository_is_a_drop() -> None:
    values = weeks(12)
    values[43] = 0
    assert found(values) == [(43, "drop")]


@pytest.mark.parametrize("length", [2, 5, 8])
def test_the_days_of_a_burst_do_not_hide_each_other(length: int) -> None:
    values = weeks(14)
    values[42 : 42 + length] = [8 * value + 40 for value in values[42 : 42 + length]]
    assert found(values) == [(n, "spike") for n in range(42, 42 + length)]


def test_a_level_that_lasts_is_no_spike_for_ever() -> None:
    values = weeks(10) + weeks(10, 4.0)
    assert [place for place, _ in found(values) if not 68 <= place <= 72] == []


def test_the_first_days_of_a_new_level_stand_out_as_long_as_it_may_be_a_burst() -> None:
    assert (73, "spike") in found(weeks(10) + weeks(2, 6.0)[:5])


def test_growth_is_no_spike() -> None:
    chance = np.random.default_rng(4)
    assert found([float(chance.poisson(WEEK[n % 7] * 1.01**n)) for n in range(300)]) == []


@pytest.mark.parametrize("most", [3, 6, 8])
def test_a_handful_of_views_is_nothing(most: int) -> None:
    values = [0, 1, 0, 3, 0, 0, 1] * 10
    values[33] = most
    assert found(values) == []


def test_twenty_views_where_there_are_next_to_none_are_something() -> None:
    values = [0, 1, 0, 3, 0, 0, 1] * 10
    values[33] = 20
    assert found(values) == [(33, "spike")]


def test_too_little_history_says_nothing() -> None:
    few = [10.0] * LEAST_KNOWN
    assert expected(series([*few[1:], 900]))["expected"].isna().all()
    assert found([*few, 900]) == [(LEAST_KNOWN, "spike")]


def test_unknown_days_are_not_zero_and_do_not_stand_out() -> None:
    values = weeks(12)
    whole = expected(series(values))
    values[30:50] = [float("nan")] * 20
    with_gap = expected(series(values))
    assert found(values) == []
    assert with_gap["score"][30:50].isna().all()
    assert (with_gap["expected"] - whole["expected"]).abs().max() < 8


def test_what_comes_after_a_long_gap_is_not_measured_by_what_was_before() -> None:
    values = [*weeks(10), *[None] * 200, *weeks(10, 6.0)]
    assert found(values) == []


def test_missing_rows_are_unknown_days_and_the_order_does_not_matter() -> None:
    rows = series(weeks(12))
    rows.loc[40, "value"] = 300
    shuffled = rows.drop(index=[10, 11, 60]).sample(frac=1, random_state=1)
    assert len(expected(shuffled)) == len(rows)
    assert find_spikes(shuffled)["day"].dt.date.tolist() == [rows["day"][40]]


def test_tables_of_arrow_are_understood() -> None:
    rows = series([*weeks(8), None])
    arrow = DataFrame(
        {
            "day": pd.array(rows["day"], dtype=pd.ArrowDtype(pa.date32())),
            "value": pd.array(rows["value"], dtype=pd.ArrowDtype(pa.int64())),
        }
    )
    pd.testing.assert_frame_equal(expected(arrow), expected(rows))


def test_no_days_have_no_spikes() -> None:
    assert find_spikes(series([])).empty
    assert list(find_spikes(series([])).columns) == ["day", "value", "expected", "low", "high", "score", "kind"]


def test_what_is_usual_lies_around_what_is_expected_and_decides_what_stands_out() -> None:
    values = weeks(12)
    values[40], values[61] = 200, 0
    days = expected(series(values))
    assert ((days["low"] <= days["expected"]) & (days["expected"] <= days["high"])).all()
    outside = days[(days["value"] > days["high"]) | (days["value"] < days["low"])]
    assert [(day.date() - MONDAY).days for day in outside["day"]] == [40, 61]


def test_many_series_are_judged_as_each_alone() -> None:
    chance = np.random.default_rng(5)
    counts = chance.poisson(30, (4, 90)).astype(np.float64)
    counts[2, 7] = np.nan
    together, alone = expectation(counts), [expectation(row[np.newaxis]) for row in counts]
    np.testing.assert_array_equal(together.score, np.concatenate([each.score for each in alone]))


@settings(max_examples=30)
@given(st.lists(st.one_of(st.none(), st.integers(0, 10**7)), max_size=80))
def test_whatever_the_counts_are_the_answer_makes_sense(values: list[int | None]) -> None:
    days = expected(series(values))
    known = days.dropna(subset="expected")
    assert (known[["expected", "low", "high"]] >= 0).all(axis=None)
    assert np.isfinite(known.drop(columns=["day", "value", "score"])).all(axis=None)
    spikes = find_spikes(series(values))
    rises = spikes["kind"] == "spike"
    assert (spikes["value"][rises] >= spikes["high"][rises]).all()
    assert (spikes["value"][~rises] <= spikes["low"][~rises]).all()
