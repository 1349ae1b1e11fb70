"""Collections in processes of their own: killed, held, out of disk, or watched by a reader.

Run as: python -m tests.collector.run.programs PROGRAM ARGUMENT...
"""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import duckdb

from collector import run
from collector.clock import SystemClock
from collector.owner_run import Progress, RunRequest
from collector.run import collect
from collector.settings import Settings
from data.collection.ledger import Scope
from data.store import Store, StoreNotWritten
from tests.collector.run.collecting import NOW, machine_stands_at
from tests.data.writers import processes

ROOT = Path(__file__).parents[3]
FAST = 60_000  # requests a minute
processes.set_forkserver_preload([__name__])


def start(program: Callable[..., None], *words: object) -> subprocess.Popen[str]:
    """Start one of the programs below and wait for its first line."""
    command = [sys.executable, "-m", __name__, program.__name__, *map(str, words)]
    pipe = subprocess.PIPE
    started = subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe)
    assert started.stdout is not None
    assert started.stdout.readline() == "started\n"
    return started


def hold_the_run(directory: str) -> None:
    """Be a run that is going on until a line comes in."""
    with run._exclusive_run(Path(directory)):
        print("started", flush=True)
        sys.stdin.readline()


def collect_below(directory: str, url: str) -> None:
    """Collect in batches of one visit; after the third, no file may grow beyond what the database has."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    print("started", flush=True)
    machine_stands_at(NOW)
    run.BATCH_REPOSITORIES = 1
    store = Store(Path(directory))
    try:
        collect(store, Settings(url, FAST, 1), RunRequest(Scope(), "command"), SystemClock(), _FullDisk())
    except StoreNotWritten as refusal:
        print(refusal)


class _FullDisk(Progress):
    """Fills the disk, as far as this process is concerned, once three batches are saved."""

    def __init__(self) -> None:
        self._batches = 0

    def saved(self, repositories: int, rows_changed: int) -> None:
        """A batch."""
        self._batches += 1
        if self._batches == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))


def collect_in_small_batches(directory: str, url: str, moment: datetime, said: Connection) -> None:
    """Collect in batches of two visits; says when it begins."""
    machine_stands_at(moment)
    run.BATCH_REPOSITORIES = 2
    store = Store(Path(directory))
    said.send("started")
    collect(store, Settings(url, FAST), RunRequest(Scope(), "command"), SystemClock(), Progress())


def read_all_along(file: str, asked: Connection) -> None:
    """Hold a version open, and open the newest one again and again, until asked; answers what went wrong.

    Uses nothing of the product: as any client would.
    """
    days = "select count(*) as days from daily_traffic"
    wrong: list[str] = []
    opened = 0
    with duckdb.connect(file, read_only=True) as held:
        before = held.execute(days).fetchall()
        asked.send("started")
        while not asked.poll(0.1):
            opened += 1
            with duckdb.connect(file, read_only=True) as newest:
                wrong += [str(row) for row in newest.execute(TORN).fetchall()]
        if held.execute(days).fetchall() != before:
            wrong.append("what was held open has changed")
    asked.send((opened, wrong))


TORN = """
with answered as (
    select repository_id, run_id,
        count(*) filter (where endpoint in ('repository', 'views', 'clones')) as looks,
        max(finished_at) filter (where endpoint = 'views' and outcome = 'ok') as seen_at,
        count(*) filter (where endpoint in ('referrers', 'paths')) as lists,
        count(*) filter (where endpoint in ('weekly_views', 'weekly_clones')) as weeks,
        count(*) filter (where endpoint in ('star_history', 'releases')) as histories
    from collection_result group by repository_id, run_id
),
days as (
    select repository_id, count(views) as views, count(clones) as clones, max(day) as newest
    from daily_traffic group by repository_id
)
select * from answered full join days using (repository_id)
where looks not in (0, 3) or lists not in (0, 2) or weeks not in (0, 2) or histories not in (0, 2)
    or views is distinct from clones or views < 14
    or newest < cast(seen_at as date) - 1
    or run_id is null
"""
"""Repositories of which only a part of a visit is there: its log without its days, its days without its log."""


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
