"""Every answer that GitHub gave two repositories, replayed: the greatest readings of what was fed are stored."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import count
from random import Random
from typing import Any

import pytest

from collector.endpoints.traffic import TrafficObservation, parse_traffic
from data.collection.models import EndpointResult
from data.store import Store
from data.traffic.models import Metric
from tests.data.writers import result, save
from tests.recorded import WITH_ANSWERS, RecordedAnswer, recorded_answers

pytestmark = pytest.mark.usefixtures("numbered")

NEXT_ID = count(1)
SAFE_PAUSE = 10  # answers, one a day: a day without a row is an inferred zero only from 3 to 13 days later
LONGEST_PAUSE = 13  # a day with traffic is shown 14 times at best
Rows = list[tuple[Any, ...]]
recorded = pytest.mark.parametrize("name", WITH_ANSWERS)


def answers(name: str) -> list[RecordedAnswer]:
    return list(recorded_answers(name))


def fed(repository_id: int, chosen: Sequence[RecordedAnswer]) -> Iterator[EndpointResult]:
    """The answers as the collector parses them."""
    for each in chosen:
        for metric, body in ((Metric.VIEWS, each.views), (Metric.CLONES, each.clones)):
            seen = parse_traffic(metric, body, each.fetched_at).observation
            yield result(repository_id, metric.value, seen, each.fetched_at)


def replayed(store: Store, chosen: Sequence[RecordedAnswer], batches: int = 1) -> Rows:
    """The table of days of a new repository that was shown these answers, in this order."""
    mine = next(NEXT_ID)
    for n in range(batches):
        save(store, *fed(mine, chosen[len(chosen) * n // batches : len(chosen) * (n + 1) // batches]))
    table = "select day, views, view_uniques, clones, clone_uniques from daily_traffic where repository_id = $mine"
    with store.traffic.read() as cursor:
        return list(cursor.execute(table + " order by day", {"mine": mine}).fetchall())


def greatest(chosen: Sequence[RecordedAnswer]) -> Rows:
    """The same table as plain Python finds it: the greatest reading of each metric and day, or None."""
    best: dict[tuple[date, Metric], tuple[int, int]] = {}
    for each in fed(0, chosen):
        assert isinstance(each.observation, TrafficObservation)
        for reading in each.observation.days:
            key, pair = (reading.day, each.observation.metric), (reading.count, reading.uniques)
            best[key] = max(best.get(key, pair), pair)
    return [
        (day, *best.get((day, Metric.VIEWS), (None, None)), *best.get((day, Metric.CLONES), (None, None)))
        for day in sorted({day for day, _ in best})
    ]


def with_pauses(full: list[RecordedAnswer], random: Random, longest: int) -> list[RecordedAnswer]:
    """The answers without a tenth of them, up to `longest` in a row; the first and the last two weeks are whole."""
    left_out: set[int] = set()
    while len(left_out) < len(full) // 10:
        first, length = random.randrange(15, len(full) - 15 - longest), random.randint(1, longest)
        if not left_out & set(range(first - 15, first + length + 15)):
            left_out |= set(range(first, first + length))
    return [answer for n, answer in enumerate(full) if n not in left_out]


@recorded
def test_answers_in_order_or_in_any_order_and_twice_leave_the_greatest_readings(store: Store, name: str) -> None:
    assert replayed(store, answers(name), batches=6) == greatest(answers(name))
    shuffled = Random(1).sample(answers(name) * 2, 2 * len(answers(name)))
    assert replayed(store, shuffled, batches=3) == greatest(answers(name))


@recorded
@pytest.mark.parametrize("longest", [SAFE_PAUSE, LONGEST_PAUSE])
def test_with_a_tenth_of_the_answers_left_out_a_lost_day_is_unknown_and_never_a_zero(
    store: Store, name: str, longest: int
) -> None:
    fewer, every = with_pauses(answers(name), Random(longest), longest), known(greatest(answers(name)))
    table = replayed(store, fewer)
    assert table == greatest(fewer)
    assert known(table) <= every
    assert known(table) == every or longest > SAFE_PAUSE, "a pause of ten days loses none"


def known(table: Rows) -> set[tuple[date, str]]:
    """The days and metrics of a table that hold a number."""
    return {(row[0], metric) for row in table for metric, at in (("views", 1), ("clones", 3)) if row[at] is not None}
