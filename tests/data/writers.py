"""What the tests of the store write, and the programs that they run as processes of their own.

Run as: python -m tests.data.writers PROGRAM ARGUMENT...
"""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb

from collector.endpoints.traffic import DayReading, TrafficObservation
from data.collection import ledger
from data.collection.models import EndpointResult, Observation, Outcome, RunState
from data.store import Database, Store, StoreNotWritten
from data.store import file_backend as store_module
from data.store.file_backend import FileDatabase
from data.store.version_files import VersionFiles
from data.traffic.models import Metric

ROOT = Path(__file__).parents[2]
processes: Any = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__])
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
FIRST_DAY = date(2026, 4, 1)  # of forty days up to NOW
ROWS_A_BATCH = 40
PROGRESS = ledger.RunProgress(RunState.RUNNING, requests=1, repositories=1)
Readings = Mapping[date, tuple[int, int]]


def version_files(database: Database) -> VersionFiles:
    """The files of a database that is kept in files."""
    assert isinstance(database, FileDatabase)
    return database.files


def result(repository_id: int, endpoint: str, seen: Observation, at: datetime = NOW) -> EndpointResult:
    """A good answer with what was seen in it."""
    return EndpointResult(repository_id, endpoint, at, Outcome.OK, elapsed_ms=1, status=200, observation=seen)


def views(repository_id: int, readings: Readings, at: datetime = NOW) -> EndpointResult:
    """A good answer of views without a window."""
    days = tuple(DayReading(day, count, uniques) for day, (count, uniques) in readings.items())
    return result(repository_id, "views", TrafficObservation(Metric.VIEWS, days, None), at)


def batch(number: int, rows: int = ROWS_A_BATCH) -> list[EndpointResult]:
    """Batch n: a repository n whose days all have n views."""
    return [views(number, {FIRST_DAY + timedelta(days=i): (number, number) for i in range(rows)})]


def save(store: Store, *results: EndpointResult) -> int:
    """Save answers in one commit, in the run that the template has started."""
    (saved,) = ledger.save_results(store, [ledger.Batch(1, results, PROGRESS)])
    return saved.rows_changed


def follow_numbers(store: Store) -> None:
    """Have repositories followed under every number that a test may choose."""
    with store.traffic.commit("test") as connection:
        connection.execute(
            "insert into repository "
            "select n, 1, n, 'o', 'r' || n, 'o/r' || n, 'active', null, $now, $now, 'public', false, false "
            "from range(5000) as numbers(n)",
            {"now": NOW.replace(tzinfo=None)},
        )


def whole_batches(store: Store) -> set[int]:
    """The numbers of the stored batches; fails where one is not whole."""
    shape = "select repository_id, count(views), min(views), max(views) from daily_traffic group by repository_id"
    with store.traffic.read() as cursor:
        rows = cursor.execute(shape).fetchall()
    assert all(row == (row[0], ROWS_A_BATCH, row[0], row[0]) for row in rows), rows
    return {row[0] for row in rows}


def start(*words: object, path: Path | None = None, wrapper: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Start one of the programs below, in a wrapper; `path` comes first where Python looks for modules."""
    environment = dict(os.environ)
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    command = [*wrapper, sys.executable, "-m", "tests.data.writers", *map(str, words)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def said(program: subprocess.Popen[str]) -> str:
    """The program's next line."""
    assert program.stdout is not None
    return program.stdout.readline().strip()


def let_go(program: subprocess.Popen[str]) -> list[str]:
    """Have a waiting program go on, and answer the rest of what it says."""
    output, _ = program.communicate("\n", timeout=60)
    assert program.returncode == 0
    return output.splitlines()


def commit_loop(directory: str, first: int, pipe: Connection) -> None:
    """Commit batch after batch, telling each number once its commit has returned."""
    store = Store(Path(directory))
    for number in count(first):
        save(store, *batch(number))
        pipe.send(number)


def commit_some(directory: str, first: str, last: str) -> None:
    """Commit the batches from first to last."""
    store = Store(Path(directory))
    for number in range(int(first), int(last) + 1):
        save(store, *batch(number))


def hold_lock(directory: str, purpose: str) -> None:
    """Hold the write lock until told to go on."""
    with Store(Path(directory)).traffic.locked(purpose):
        print("held", flush=True)
        sys.stdin.readline()


def hold_open(file: str) -> None:
    """Hold a database file open as any client would; count its days at once and again when told to go on."""
    count = "select count(*) as days from daily_traffic"
    with duckdb.connect(file, read_only=True) as connection:
        print(connection.execute(count).fetchall()[0][0], flush=True)
        sys.stdin.readline()
        print(connection.execute(count).fetchall()[0][0], flush=True)


def write_below(directory: str, *limits: str) -> None:
    """Commit a large batch while no file may grow beyond each limit, and tell how each ended."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    store = Store(Path(directory))
    for limit in limits:
        before = _state(store)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), unlimited[1]))
        outcome = _outcome(store, [large_batch(int(limit))])
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        print(outcome, "nothing changed" if _state(store) == before else "changed", flush=True)


def write_in_small_room(directory: str, megabytes: str) -> None:
    """In a mount namespace of its own: commit into a store on a tiny disk of memory until it is full."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", directory], check=True)
    store = Store(Path(directory))
    store.prepare()
    ledger.start_run(store, "test", NOW)
    follow_numbers(store)
    save(store, *batch(1))
    outcome, filling = "committed", Path(directory) / "filling"
    while outcome == "committed":
        with filling.open("ab") as file:
            file.write(bytes(400_000))
        before = _state(store)
        outcome = _outcome(store, batch(2))
    print(outcome, "nothing changed" if _state(store) == before else "changed", flush=True)
    filling.unlink()
    print(_outcome(store, batch(3)), {1, 3} <= whole_batches(store), flush=True)


def write_without_room_to_compact(directory: str) -> None:
    """In a mount namespace of its own: commit where the disk has room for the next version, and not for two of it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", directory], check=True)
    store = Store(Path(directory))
    store.prepare()
    ledger.start_run(store, "test", NOW)
    follow_numbers(store)
    for number in (1, 2, 3):
        save(store, large_batch(number))
    store_module.COMPACT_WHEN_GROWN = store_module.SMALL_BYTES = 0  # each commit is to compact
    version = version_files(store.traffic).link.stat().st_size
    disk, filling = os.statvfs(directory), Path(directory) / "filling"
    filling.write_bytes(bytes(disk.f_bavail * disk.f_frsize - version * 8 // 5))
    print(_outcome(store, batch(4)), "compacted", _is_compacted(store), flush=True)
    left_over = [path.name for path in version_files(store.traffic).folder.glob(".*")]
    print(left_over or "nothing left over", flush=True)
    filling.unlink()
    print(_outcome(store, batch(5)), "compacted", _is_compacted(store), flush=True)


def large_batch(seed: int) -> EndpointResult:
    """25,000 days that hardly compress, for repository 0: a commit that grows the file."""
    return views(0, {FIRST_DAY - timedelta(days=i): ((seed + i * 7919) ** 3 % 10**9, i) for i in range(25_000)})


def _state(store: Store) -> tuple[int, int]:
    with store.traffic.read() as cursor:
        ((days,),) = cursor.execute("select count(*) as days from daily_traffic").fetchall()
    return store.traffic.version(), days


def _is_compacted(store: Store) -> bool:
    """Whether the newest version has the size that was noted when it was compacted, or a block more for the note."""
    with store.traffic.read() as cursor:
        ((noted,),) = cursor.execute("select max(bytes) as bytes from store_compaction").fetchall()
    return noted is not None and version_files(store.traffic).link.stat().st_size - noted in {0, 1 << 18}


def _outcome(store: Store, results: Sequence[EndpointResult]) -> str:
    try:
        save(store, *results)
    except StoreNotWritten as refusal:
        return "refused" if "the former version stands" in str(refusal) else str(refusal)
    return "committed"


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
