"""The views of each day and name lie between their bounds, whatever the days were like and whatever the lists cover."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame

from data.calendar import DayRange
from data.insight.bounds import (
    Edge,
    Listing,
    SeenList,
    Stretch,
    fitted_bounds,
    negative_cycle,
    stretches,
    unexplained_share,
)

FIRST = date(2026, 3, 1)
Views = Mapping[str, Sequence[int]]  # of each name, a day each


def day(place: int) -> date:
    return FIRST + timedelta(days=place)


def span(first: int, last: int) -> DayRange:
    return DayRange(day(first), day(last))


def totals(views: Views, others: int = 0) -> dict[date, int]:
    return {day(n): sum(counts) + others for n, counts in enumerate(zip(*views.values(), strict=True))}


def sums(views: Views, first: int, last: int) -> dict[str, int]:
    """The top ten of these days; those with the same sum in any order."""
    counted = {name: sum(counts[max(first, 0) : last + 1]) for name, counts in views.items()}
    listed = sorted((name for name in counted if counted[name]), key=lambda name: (-counted[name], name[::-1]))
    return {name: counted[name] for name in listed[:10]}


def lists(views: Views, window: tuple[int, int] = (14, 1)) -> list[Listing]:
    """A list each day that covers exactly the days from so many to so many days before."""
    places = len(next(iter(views.values())))
    windows = [(n - window[0], n - window[1]) for n in range(places)]
    return [Listing(span(*each), span(*each), sums(views, *each)) for each in windows]


def seen(views: Views, window: tuple[int, int], at: time = time(22, 15)) -> list[SeenList]:
    found = [(day(n), sums(views, n - window[0], n - window[1])) for n in range(len(next(iter(views.values()))))]
    return [SeenList(datetime.combine(on, at), listed) for on, listed in found]


def daily_bounds(listings: Sequence[Listing], totals: Mapping[date, int], days: DayRange) -> DataFrame:
    return pd.concat([Stretch(listings, totals, part).rows() for part in stretches(days)], ignore_index=True)


def of(rows: DataFrame, name: str, place: int) -> tuple[Any, Any]:
    (found,) = rows[(rows["name"] == name) & (rows["day"] == day(place))].itertuples()
    return found.low, found.high


def wrong(rows: DataFrame, views: Views) -> list[Any]:
    """The rows within whose bounds the truth is not."""
    truth = [views[name][(on - FIRST).days] for name, on in zip(rows["name"], rows["day"], strict=True)]
    outside = (rows["low"] > truth) | (rows["high"].fillna(10**9) < truth)
    return list(rows[outside].itertuples())


def random_views(seed: int, names: int, days: int = 45) -> dict[str, list[int]]:
    """Views with bursts, with many equal and many zero counts among them."""
    chance = np.random.default_rng(seed)
    counts = chance.poisson(np.exp(chance.normal(0, 1.5, (names, 1))) * chance.choice([0, 1, 1, 2], (names, days)))
    counts[chance.integers(names), chance.integers(days)] += 200
    return {f"n{n:02}": row.tolist() for n, row in enumerate(counts)}


many_views = st.builds(random_views, st.integers(0, 10**6), st.sampled_from([1, 3, 9, 10, 11, 14, 25]))


@settings(max_examples=40)
@given(many_views, st.sampled_from([(13, 1), (14, 1), (14, 2)]), st.sampled_from([0, 5]))
def test_the_truth_is_always_between_the_bounds(views: Views, window: tuple[int, int], others: int) -> None:
    rows = daily_bounds(lists(views, window), totals(views, others), span(0, 40))
    assert not wrong(rows, views)
    assert not rows["contradicted"].any()
    assert len(rows) >= 20


@settings(max_examples=25)
@given(many_views, st.sampled_from([(13, 1), (14, 1), (14, 2), (15, 2)]))
def test_the_truth_is_between_the_bounds_though_nobody_says_what_lists_cover(views: Views, window: Any) -> None:
    rows = fitted_bounds(seen(views, window), totals(views, 3), span(0, 40))
    assert not wrong(rows, views)


@settings(max_examples=15)
@given(many_views, st.data())
def test_the_truth_is_between_the_bounds_where_only_some_days_are_final(views: Views, data: st.DataObject) -> None:
    known = totals(views)
    for place in data.draw(st.sets(st.integers(0, 44), max_size=20)):
        del known[day(place)]
    assert not wrong(daily_bounds(lists(views), known, span(0, 44)), views)


def test_a_jump_of_the_sum_is_at_least_what_came_on_the_new_day() -> None:
    views = {"news.example": [0] * 20 + [90] + [0] * 19, "other": [3] * 40}
    assert of(daily_bounds(lists(views), totals(views, 50), span(0, 39)), "news.example", 20) == (90, 90)


def test_no_name_has_more_views_than_the_day() -> None:
    views = {"a": [5] * 20 + [40] + [5] * 19, "b": [2] * 40}
    rows = daily_bounds(lists(views)[30:31], totals(views), span(16, 29))
    assert of(rows, "a", 20)[1] == 42
    assert of(rows, "a", 21)[1] == 7


def test_a_name_that_is_missing_in_a_short_list_had_nothing_then() -> None:
    views = {"a": [4] * 40, "late": [0] * 30 + [6] + [0] * 9}
    rows = daily_bounds([lists(views)[29], lists(views)[33]], totals(views, 9), span(17, 32))
    assert of(rows, "late", 20) == (0, 0)
    assert of(rows, "late", 30)[1] == 6


def test_a_name_that_is_missing_in_a_full_list_had_no_more_than_the_tenth_and_what_is_left() -> None:
    views = {f"n{n}": [2] * 40 for n in range(10)} | {"late": [0] * 26 + [1] * 14}
    early, late = lists(views)[28], Listing(span(26, 39), span(26, 39), {"late": 14})
    assert of(daily_bounds([early, late], {}, span(14, 39)), "late", 26)[1] == 14
    with_totals = daily_bounds([early, late], totals(views), span(14, 39))
    assert of(with_totals, "late", 26)[1] == 2  # what the ten leave of these days' views


def test_sums_that_cannot_be_true_are_not_believed_and_marked() -> None:
    views = {"a": [1] * 40, "b": [7] * 40}
    revised = lists(views)
    revised[30] = Listing(revised[30].sure, revised[30].possible, {"a": 60, "b": 98})
    rows = daily_bounds(revised, totals(views, 4), span(0, 39))
    assert not wrong(rows, views)
    marked = rows[rows["contradicted"]]
    assert set(marked["name"]) == {"a"}
    assert day(20) in set(marked["day"])


def test_a_list_with_more_views_than_all_its_days_is_not_believed() -> None:
    views = {"a": [1] * 40}
    rows = daily_bounds(
        [*lists(views)[:30], Listing(span(16, 29), span(16, 29), {"a": 900})], totals(views), span(0, 29)
    )
    assert not wrong(rows, views)
    assert rows[rows["day"] == day(20)]["contradicted"].all()


def test_lists_that_cover_other_days_now_and_then_make_bounds_wide_but_not_wrong() -> None:
    views = random_views(8, 6)
    turns = [seen(views, (14 + n % 2, 1 + n % 2))[n] for n in range(45)]
    rows = fitted_bounds(turns, totals(views, 3), span(0, 40))
    steady = fitted_bounds(seen(views, (14, 1)), totals(views, 3), span(0, 40))
    assert not wrong(rows, views)
    assert (rows["high"] - rows["low"]).mean() > (steady["high"] - steady["low"]).mean()


def test_a_list_that_has_not_changed_may_be_the_one_of_the_day_before() -> None:
    views = random_views(11, 12)
    turns = seen(views, (14, 1))
    turns[30] = replace(turns[29], observed_at=turns[30].observed_at)
    assert not wrong(fitted_bounds(turns, totals(views, 3), span(0, 40)), views)
    believed = [Listing(span(n - 14, n - 1), span(n - 14, n - 1), each.views) for n, each in enumerate(turns)]
    assert wrong(daily_bounds(believed, totals(views, 3), span(0, 40)), views)


def test_before_five_in_the_morning_it_is_the_list_of_the_day_before() -> None:
    views = random_views(9, 6)
    early = fitted_bounds(seen(views, (15, 2), time(4, 59)), totals(views, 3), span(0, 40))
    late = fitted_bounds(seen(views, (14, 1)), totals(views, 3), span(0, 39))
    assert not wrong(early, views)
    assert (early["high"] - early["low"]).mean() == pytest.approx((late["high"] - late["low"]).mean(), rel=0.2)


def test_long_series_are_worked_out_in_parts_that_fit_together() -> None:
    views = random_views(10, 12, 200)
    rows = daily_bounds(lists(views), totals(views, 3), span(20, 180))
    assert not wrong(rows, views)
    assert not rows.duplicated(["name", "day"]).any()
    assert set(rows["day"]) == set(span(20, 180).days())


@pytest.mark.parametrize("known", [[], lists({"a": [0] * 20})])
def test_without_names_there_is_no_row(known: list[Listing]) -> None:
    rows = daily_bounds(known, {}, span(0, 19))
    assert list(rows.columns) == ["name", "day", "low", "high", "contradicted"]
    assert rows.empty


def test_what_no_total_and_no_list_limits_has_no_upper_bound() -> None:
    listing = Listing(span(2, 5), span(0, 7), {"a": 5})
    assert of(daily_bounds([listing], {}, span(0, 7)), "a", 3) == (0, 5)
    assert pd.isna(of(daily_bounds([listing], {}, span(0, 7)), "a", 1)[1])


def test_the_unexplained_share_lies_between_what_the_days_allow() -> None:
    known = {day(n): 10 for n in range(20)}
    assert unexplained_share({"a": 30, "b": 30}, known, (span(1, 10), span(1, 12))) == (0.4, 0.5)
    assert unexplained_share({"a": 300}, known, (span(1, 10), span(1, 12))) == (0, 0)
    assert unexplained_share({"a": 30}, known, (span(1, 10), span(1, 22))) is None
    assert unexplained_share({}, dict.fromkeys(known, 0), (span(1, 10), span(1, 12))) is None


def test_a_cycle_of_negative_length_is_found_and_nothing_else() -> None:
    edges = [Edge(0, 1, 4, None), Edge(1, 2, -3, 7), Edge(2, 0, -2, 8), Edge(2, 3, -50, 9)]
    assert negative_cycle(4, edges) == {7, 8}
    assert negative_cycle(4, [edges[0], edges[1], Edge(2, 0, -1, 8), edges[3]]) == set()
