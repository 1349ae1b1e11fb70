"""Saving answers: whatever their order, batches and repetitions, the greatest readings stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.endpoints.traffic import DayReading, TrafficObservation, TrafficWindow
from data.collection.models import EndpointResult
from data.store import Store
from data.traffic.models import Metric
from tests.data.writers import FIRST_DAY, NOW, result, save, views

pytestmark = pytest.mark.usefixtures("numbered")

FEW = settings(max_examples=5)
NEXT_REPOSITORY = count(1000)  # a repository of its own for each example
Rows = list[tuple[Any, ...]]


def day(n: int) -> date:
    return FIRST_DAY + timedelta(days=n)


@st.composite
def readings(draw: st.DrawFn) -> tuple[int, int]:
    requests = draw(st.integers(0, 5))
    return requests, draw(st.integers(0, requests))


@st.composite
def answers(draw: st.DrawFn) -> EndpointResult:
    """An answer of views or clones of some of twelve days; its window need not fit its rows."""
    metric = draw(st.sampled_from(Metric))
    rows = draw(st.dictionaries(st.integers(0, 11), readings(), max_size=8))
    window = None
    if draw(st.integers(0, 3)):
        first = draw(st.integers(0, 20))
        last = first + draw(st.integers(0, 4))
        window = TrafficWindow(day(first), day(last), draw(st.integers(0, 2)), draw(st.none() | st.integers(0, 1)))
    days = tuple(DayReading(day(n), *reading) for n, reading in rows.items())
    at = NOW + timedelta(minutes=draw(st.integers(0, 30)))
    return result(0, metric.value, TrafficObservation(metric, days, window), at)


several = st.lists(answers(), min_size=1, max_size=10)


@dataclass
class Stored:
    """The tables of one repository."""

    daily: Rows
    known: Rows
    windows: Rows
    revisions: Rows


def stored(store: Store, repository_id: int) -> Stored:
    mine = {"repository_id": repository_id}
    questions = (
        "select day, views, view_uniques, clones, clone_uniques "
        "from (from daily_traffic where coalesce(views, clones) is not null)",
        "select day, views_source, clones_source from daily_traffic",
        "select metric, first_day, last_day, total, uniques, observed_at from traffic_window",
        "select day, metric, observed_at, count, uniques, count_before, uniques_before from traffic_revision",
    )
    with store.traffic.read() as cursor:
        where = " where repository_id = $repository_id order by all"
        return Stored(*(cursor.execute(question + where, mine).fetchall() for question in questions))


def of(repository_id: int, seen: Sequence[EndpointResult]) -> list[EndpointResult]:
    return [replace(each, repository_id=repository_id) for each in seen]


def batches(seen: Sequence[EndpointResult], random: Random) -> Iterator[Sequence[EndpointResult]]:
    """The answers cut into one to three batches."""
    cuts = sorted(random.choices(range(len(seen) + 1), k=2))
    yield from (part for part in (seen[: cuts[0]], seen[cuts[0] : cuts[1]], seen[cuts[1] :]) if part)


def saved(store: Store, seen: Sequence[EndpointResult], random: Random) -> Stored:
    """What a new repository has after these answers, in this order, in batches of any size."""
    repository_id = next(NEXT_REPOSITORY)
    for part in batches(of(repository_id, seen), random):
        save(store, *part)
    return stored(store, repository_id)


def greatest(seen: Sequence[EndpointResult]) -> Rows:
    """The table of days as plain Python finds it."""
    best: dict[tuple[date, Metric], tuple[int, int]] = {}
    for answer in (each.observation for each in seen):
        assert isinstance(answer, TrafficObservation)
        for each in answer.days:
            key = (each.day, answer.metric)
            best[key] = max(best.get(key, (-1, -1)), (each.count, each.uniques))
    unknown = (None, None)
    return [
        (d, *best.get((d, Metric.VIEWS), unknown), *best.get((d, Metric.CLONES), unknown))
        for d in sorted({d for d, _ in best})
    ]


def union(windows: Rows) -> set[tuple[str, date]]:
    """Every metric and day that some window or range holds."""
    return {
        (metric, first + timedelta(days=n))
        for metric, first, last, *_ in windows
        for n in range((last - first).days + 1)
    }


@FEW
@given(seen=several, random=st.randoms(use_true_random=False))
def test_any_order_and_any_batches_leave_the_greatest_pairs_the_known_days_and_a_chain_of_revisions(
    store: Store, seen: list[EndpointResult], random: Random
) -> None:
    one, other = saved(store, seen, random), saved(store, random.sample(seen, len(seen)), random)
    assert (one.daily, one.known, one.windows) == (other.daily, other.known, other.windows)
    assert one.daily == greatest(seen)
    known = {(metric, shown) for shown, *by in one.known for metric, source in zip(Metric, by, strict=True) if source}
    assert known == union(one.windows)
    days = [each[0] for each in one.known]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))], "every day between has a row"
    assert days[-1] == max(NOW.date(), *days)
    for shown, *pairs in one.daily:
        for metric, pair in zip(Metric, (tuple(pairs[:2]), tuple(pairs[2:])), strict=True):
            chain = sorted((r[5:7], r[3:5]) for r in one.revisions if (r[0], r[1]) == (shown, metric))
            assert all(before < later for before, later in chain)
            assert [later for _, later in chain[:-1]] == [before for before, _ in chain[1:]]
            assert not chain or chain[-1][1] == pair


@FEW
@given(seen=several, later=several)
def test_an_answer_given_again_changes_nothing_and_no_stored_count_ever_falls_or_vanishes(
    store: Store, seen: list[EndpointResult], later: list[EndpointResult]
) -> None:
    mine = next(NEXT_REPOSITORY)
    once = save(store, *of(mine, seen))
    before = stored(store, mine)
    assert save(store, *of(mine, [*seen, *seen])) == 0
    assert stored(store, mine) == before
    assert save(store, *of(next(NEXT_REPOSITORY), [*seen, *seen])) == once
    save(store, *of(mine, later))
    after = {row[0]: row for row in stored(store, mine).daily}
    for row in before.daily:
        for at in (1, 3):
            assert row[at] is None or after[row[0]][at : at + 2] >= row[at : at + 2]


def test_of_equal_counts_the_greater_uniques_stand_and_a_smaller_reading_never_replaces(store: Store) -> None:
    for reading in ((5, 2), (5, 3), (5, 1), (4, 4)):
        save(store, views(1, {day(0): reading}))
    assert stored(store, 1).daily == [(day(0), 5, 3, None, None)]


def test_a_metric_that_was_never_answered_stays_unknown_and_a_zero_is_known(store: Store) -> None:
    save(store, views(1, {day(0): (0, 0)}))
    assert stored(store, 1).daily == [(day(0), 0, 0, None, None)]
