"""What a commit of a run's batch costs beside the same statements in a file that DuckDB simply keeps open."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import cast

import duckdb

from collector.endpoints.repository import StatsObservation
from collector.endpoints.traffic import DayReading, TrafficObservation, TrafficWindow
from data.collection import ledger
from data.collection.models import EndpointResult, Outcome, RunState
from data.repositories.models import RepositoryFacts
from data.store import Store
from data.store.version_files import copy
from data.traffic.models import Metric
from tests.benchmarks.five_years import five_years_copy
from tests.benchmarks.measured import NEWEST_DAY, NOW, Measured, Scale
from tests.data.writers import version_files

MOST_TIMES = 2.5
DAY = timedelta(days=1)

Batch = list[EndpointResult]


class KeptOpen:
    """A copy of the newest version that stays open: commits go into it as DuckDB itself makes them, durably."""

    def __init__(self, store: Store, path: Path) -> None:
        newest = version_files(store.traffic).committed()
        assert newest is not None
        copy(newest, path)
        self.traffic = self
        self.connection = duckdb.connect(str(path), config={"threads": 2})

    @contextmanager
    def commit(self, purpose: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction, in the place of the store's new version."""
        self.connection.execute("begin")
        yield self.connection
        self.connection.execute("commit")


def commit(scale: Scale, directory: Path) -> list[Measured]:
    """All take the same batches in turns: the repository, views and clones of 200, with one day that is new."""
    store = five_years_copy(scale, directory / "store")
    run_id = ledger.start_run(store, "command", NOW)
    opened = KeptOpen(store, directory / "open.duckdb")
    times: list[tuple[float, float]] = []
    for number in range(scale.commits + 1):
        batch = next_batch(store, scale, number)
        there = timed(partial(save_batch, cast(Store, opened), run_id, batch))
        times.append((there, timed(partial(save_batch, store, run_id, batch))))
    opened.connection.close()
    store.close()
    del times[0]  # it warms up
    theirs, ours = (median(column) for column in zip(*times, strict=True))
    rows = scale.store_repositories * scale.store_days
    what = f"a batch committed into {rows:,} rows, beside DuckDB with the file kept open"
    note = f"medians of {len(times)}: {1000 * ours:.0f} ms a commit, {1000 * theirs:.0f} ms the same statements"
    ratio = median(each / beside for beside, each in times)  # of neighbours: the machine's mood is in both
    return [Measured(what, f"{ratio:.1f} ×", f"≤ {MOST_TIMES:g} ×", ratio <= MOST_TIMES, note)]


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def save_batch(store: Store, run_id: int, batch: Batch) -> None:
    progress = ledger.RunProgress(RunState.RUNNING, len(batch), len(batch))
    (saved,) = ledger.save_results(store, [ledger.Batch(run_id, batch, progress)])
    assert saved.rows_changed, "the batch has brought nothing"


def next_batch(store: Store, scale: Scale, number: int) -> Batch:
    """The next repositories' answers on the day after the newest: 13 days as they are stored, and a new one."""
    first = 1 + number * scale.batch
    stored = (
        "select repository_id, full_name, day, views, view_uniques, clones, clone_uniques from v_daily "
        "where repository_id between $first and $last and day > $since order by all"
    )
    values = {"first": first, "last": first + scale.batch - 1, "since": NEWEST_DAY - 13 * DAY}
    by_repository: dict[tuple[int, str], list[tuple[DayReading, DayReading]]] = {}
    with store.traffic.read() as cursor:
        for *key, day, views, view_uniques, clones, clone_uniques in cursor.execute(stored, values).fetchall():
            readings = DayReading(day, views, view_uniques), DayReading(day, clones, clone_uniques)
            by_repository.setdefault(tuple(key), []).append(readings)
    return [result for (key, name), days in by_repository.items() for result in _answers(key, name, days)]


def _answers(key: int, full_name: str, days: list[tuple[DayReading, DayReading]]) -> Batch:
    facts = RepositoryFacts(key, full_name, "public", False, False)
    new = NEWEST_DAY + DAY
    views = [*(of_views for of_views, _ in days), DayReading(new, 40 + key % 7, 12)]
    clones = [*(of_clones for _, of_clones in days), DayReading(new, 20 + key % 5, 8)]
    return [
        EndpointResult(key, "repository", NOW, Outcome.OK, 30, 200, observation=StatsObservation(facts, 9, 1, 1, 1, 1)),
        EndpointResult(key, "views", NOW, Outcome.OK, 30, 200, observation=_traffic(Metric.VIEWS, views)),
        EndpointResult(key, "clones", NOW, Outcome.OK, 30, 200, observation=_traffic(Metric.CLONES, clones)),
    ]


def _traffic(metric: Metric, days: list[DayReading]) -> TrafficObservation:
    total = sum(reading.count for reading in days)
    window = TrafficWindow(days[0].day, days[-1].day, total, max(reading.uniques for reading in days))
    return TrafficObservation(metric, tuple(days), window)
