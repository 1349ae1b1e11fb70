"""What programs are served: a badge, a page of the API, a long CSV, while people use pages; and beside datasette on an
SQLite file of the same rows, where that is installed (`pip install datasette`).
"""

import asyncio
import csv
import http.client
import importlib.util
import multiprocessing
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from data.accounts.api_tokens import NewToken, add_api_token
from data.accounts.authority import COMMAND_LINE, account_named
from data.calendar import DAY
from data.sharing.badges import BadgeMeasure, BadgePeriod, NewBadge, add_badge
from data.store import Store
from tests.benchmarks.app_server import Server, served
from tests.benchmarks.audience import Audience, gather
from tests.benchmarks.measured import NEWEST_DAY, Measured, Scale
from tests.benchmarks.visits import everybody

SPAWNING = multiprocessing.get_context("spawn")
PEOPLE = 10
BADGE_MS, BADGES_A_SECOND = 5.0, 300
PAGE_MS, PAGE_ROWS = 30.0, 1_000
CSV_DAYS, CSV_BYTES = 180, 60_000_000
MOST_TIMES = 1.3
PATIENCE_S = 120
NUMBERS = {"repository_id", "views", "view_uniques", "clones", "clone_uniques"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a server, with the token that it takes."""

    url: str
    path: str
    token: str = ""

    def connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)

    def send(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        connection.request("GET", self.path, headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{self.path}: {answer.status} {answer.read()[:200]!r}")
        return answer


def programs(scale: Scale, directory: Path) -> list[Measured]:
    audience = gather(scale, directory / "db", min(PEOPLE, scale.browsers))
    token, token_of_all, badge = _credentials(audience)
    first = NEWEST_DAY - (min(CSV_DAYS, scale.store_days) - 1) * DAY
    with served(audience) as server:
        page = Asked(server.url, f"/api/v1/traffic?from={first}&limit={PAGE_ROWS}", token)
        whole = Asked(server.url, f"/api/v1/traffic.csv?from={first}", token_of_all)
        _reruns(server, audience, scale)  # the same clicks: both then find the same answers kept
        alone = _reruns(server, audience, scale)
        with _load(page, whole):
            beside = _reruns(server, audience, scale)
        each = " and ".join(f"{1000 * took:.0f} ms" for took in (alone, beside))
        times = beside / alone
        note = f"reruns of {len(audience.managers)} people, medians {each}"
        found = [
            _badges(server, Asked(server.url, f"/badge/{badge}.svg"), scale),
            _paged(page, scale),
            _streamed(server, whole, directory / "rows.csv"),
            Measured(
                "pages while programs ask, by alone", f"{times:.2f} ×", f"≤ {MOST_TIMES:g} ×", times <= MOST_TIMES, note
            ),
        ]
        return [*found, *_beside_datasette(page, whole, directory, scale)]


def _credentials(audience: Audience) -> tuple[str, str, str]:
    """A token of one tenant's manager, one of all tenants' manager, and the address of a badge."""
    store, now = Store(audience.directory), datetime.now(UTC) + audience.ahead
    with store.control.read() as cursor:
        users = [account_named(cursor, name) for name in ("manager-0", "manager-of-all")]
    keys = [user.user_id for user in users if user is not None]
    tokens = [add_api_token(store, COMMAND_LINE, key, NewToken("benchmark"), now) for key in keys]
    badge = add_badge(store, COMMAND_LINE, NewBadge(1, BadgeMeasure.VIEWS, BadgePeriod.YEAR, "views", 1), now)
    store.close()
    return tokens[0], tokens[1], badge.public_id


def _reruns(server: Server, audience: Audience, scale: Scale) -> float:
    """The median of a short visit's reruns, in seconds."""
    short = replace(scale, visit_s=min(scale.visit_s, 20.0), think_s=min(scale.think_s, 1.0))
    _, reruns = asyncio.run(everybody(server, audience, short))
    return median(each.seconds for each in reruns)


@contextmanager
def _load(*asked: Asked) -> Iterator[None]:
    """Ask for these again and again meanwhile, each in a process of its own: in a thread of this one it would hold up
    those who measure.
    """
    processes = [SPAWNING.Process(target=_ask_again_and_again, args=(each,), daemon=True) for each in asked]
    for process in processes:
        process.start()
    try:
        yield
        if not all(process.is_alive() for process in processes):
            raise RuntimeError("a program was not answered meanwhile")
    finally:
        for process in processes:
            process.terminate()
            process.join(PATIENCE_S)


def _ask_again_and_again(asked: Asked) -> None:
    while True:
        _read(asked)
        time.sleep(0.2)


def _badges(server: Server, asked: Asked, scale: Scale) -> Measured:
    with _on_one_core(server.process.pid):
        took = _times(asked, min(scale.reruns, 1_000))
    rate = len(took) / sum(took)
    good = 1000 * median(took) <= BADGE_MS and rate >= BADGES_A_SECOND
    value = f"{rate:,.0f} a second, median {1000 * median(took):.1f} ms"
    note = f"{len(took):,} answers on one connection, longest {1000 * max(took):.0f} ms"
    return Measured("a badge, on one core", value, f"≥ {BADGES_A_SECOND} a second, ≤ {BADGE_MS:g} ms", good, note)


def _paged(asked: Asked, scale: Scale) -> Measured:
    took = _times(asked, min(scale.reruns, 60), pause_s=0.1 if scale.reruns > 10 else 0.0)
    found = 1000 * median(took)
    note = f"the median of {len(took)}, longest {1000 * max(took):.0f} ms"
    what = f"an API page of {PAGE_ROWS:,} rows, warm"
    return Measured(what, f"{found:.1f} ms", f"≤ {PAGE_MS:g} ms", found <= PAGE_MS, note)


def _streamed(server: Server, asked: Asked, target: Path) -> Measured:
    before, largest, began = server.resident_bytes(), 0, time.monotonic()
    connection = asked.connection()
    answer = asked.send(connection)
    with target.open("wb") as file:
        for number in range(1 << 30):
            piece = answer.read(1 << 16)
            if not piece:
                break
            file.write(piece)
            if number % 50 == 0:
                largest = max(largest, server.resident_bytes())
    connection.close()
    took, more = time.monotonic() - began, max(0, largest - before)
    with target.open("rb") as file:
        rows = sum(1 for _ in file) - 1
    note = f"{rows:,} rows in {took:.1f} s, {rows / took:,.0f} a second"
    return Measured(
        "memory more for a long CSV", f"{more / 1e6:.0f} MB", f"≤ {CSV_BYTES / 1e6:.0f} MB", more <= CSV_BYTES, note
    )


def _beside_datasette(page: Asked, whole: Asked, directory: Path, scale: Scale) -> list[Measured]:
    if importlib.util.find_spec("datasette") is None:
        return [Measured("beside datasette", "0 rows", "", None, "not installed: pip install datasette")]
    _as_sqlite(directory / "rows.csv", directory / "rows.db")
    with _datasette(directory / "rows.db") as url:
        theirs = Asked(
            url, f"/rows/daily.json?_size={PAGE_ROWS}&_sort=repository_id&_shape=objects&_nocount=1&_nofacet=1"
        )
        all_of_theirs = Asked(url, "/rows/daily.csv?_stream=on&_nofacet=1")
        times = min(scale.reruns, 20)
        pages = [1000 * median(_times(each, times)) for each in (page, theirs)]
        streams = [_read(each) for each in (whole, all_of_theirs)]
    return [
        Measured(
            "a page of 1,000 rows, by datasette's",
            f"{pages[0] / pages[1]:.2f} ×",
            "< 1 ×",
            pages[0] < pages[1],
            f"{pages[0]:.1f} ms; datasette {pages[1]:.1f} ms",
        ),
        Measured(
            "all rows as CSV, by datasette's",
            f"{streams[0] / streams[1]:.2f} ×",
            "< 1 ×",
            streams[0] < streams[1],
            f"{streams[0]:.1f} s; datasette {streams[1]:.1f} s",
        ),
    ]


def _times(asked: Asked, times: int, pause_s: float = 0.0) -> list[float]:
    """The seconds of so many answers on one connection, after the first few."""
    connection, took = asked.connection(), []
    for number in range(times + 3):
        began = time.perf_counter()
        asked.send(connection).read()
        if number >= 3:
            took.append(time.perf_counter() - began)
        time.sleep(pause_s)
    connection.close()
    return took


def _read(asked: Asked) -> float:
    began, connection = time.perf_counter(), asked.connection()
    answer = asked.send(connection)
    while answer.read(1 << 20):
        pass
    connection.close()
    return time.perf_counter() - began


@contextmanager
def _on_one_core(process: int) -> Iterator[None]:
    """Keep all threads of a process on one core, where the system lets us."""
    place = Path(f"/proc/{process}/task")
    threads = [int(each.name) for each in place.iterdir()] if place.exists() else []
    every = os.sched_getaffinity(0) if threads else set()
    for thread in threads:
        os.sched_setaffinity(thread, {min(every)})
    try:
        yield
    finally:
        for thread in threads:
            if (place / str(thread)).exists():
                os.sched_setaffinity(thread, every)


def _as_sqlite(rows: Path, target: Path) -> None:
    with rows.open(encoding="utf-8", newline="") as file, sqlite3.connect(target) as connection:
        reader = csv.reader(file)
        header = next(reader)
        columns = ", ".join(f"{name} {'integer' if name in NUMBERS else 'text'}" for name in header)
        connection.execute(f"create table daily ({columns})")
        connection.executemany(f"insert into daily values ({', '.join('?' * len(header))})", reader)
        connection.execute("create index by_repository on daily (repository_id, day)")


@contextmanager
def _datasette(file: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["--setting", "max_csv_mb", "0", "--setting", "sql_time_limit_ms", "60000"]
    command = [sys.executable, "-m", "datasette", str(file), "--port", str(port), *settings]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(lambda: Asked(f"http://127.0.0.1:{port}", "/-/versions.json"))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _wait_for(asked: Callable[[], Asked]) -> None:
    until = datetime.now(UTC) + timedelta(seconds=PATIENCE_S)
    while datetime.now(UTC) < until:
        try:
            _read(asked())
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("datasette did not start")
