"""What the collector promises of a whole run: that it asks as fast as it may, what it costs, and that the same answers
again change nothing. Runs whose cost is measured have a process of their own, which measures itself: its processor time
begins after the imports, its memory is that of the whole process.
"""

import argparse
import json
import resource
import subprocess
import sys
import threading
from bisect import bisect_left
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

from collector.clock import SystemClock
from collector.owner_run import Progress, RunReport, RunRequest
from collector.rate_limit import ALLOWED_A_MINUTE
from collector.run import collect
from collector.settings import Settings
from data.collection.ledger import Scope
from data.schema import migrate as schema
from data.store import Store
from tests.benchmarks.five_years import five_years_copy
from tests.benchmarks.measured import LIVED_DAYS, NOW, UNLIMITED, Measured, Scale
from tests.benchmarks.simulation import TOKEN, followed, generated_repository, simulated

KEPT = 0.95
CONCURRENCY = 4
DEFAULT_A_MINUTE = 600
WHOLE_S = 150.0  # 4,500 requests are due in 90
MOST_MS = 4.0
BARE_CALLS = 300
MOST_MB = 400
GRACE_S = 60.0  # from the wish to stop until the end of the process
LOGS = {"collection_run", "collection_result", "endpoint_state", "identity_counter"}
"""What a run writes of itself, its number included. Every other table holds facts, or is bookkeeping of the store."""


def rate(scale: Scale, directory: Path) -> list[Measured]:
    """The pace as the server sees it: of a whole run at a fast pace, and of the beginning of one at the default."""
    whole = _pace(directory / "whole", scale, (scale.requests_a_minute, min(scale.run_s, WHOLE_S)))
    return [whole, _pace(directory / "default", scale, (DEFAULT_A_MINUTE, scale.stretch_s))]


def _pace(directory: Path, scale: Scale, pace: tuple[int, float]) -> Measured:
    a_minute, run_s = pace
    followed(directory, scale.rate_repositories)
    with simulated(scale.rate_repositories, scale.latency_s) as github:
        cost = collecting(directory, github.url, run_s, a_minute, CONCURRENCY)
    times, violations = sorted(github.times), github.violations
    kept = 60 * (len(times) - 1) / (times[-1] - times[0]) / a_minute if len(times) > 1 else 0.0
    busiest = max((bisect_left(times, at + 60) - n for n, at in enumerate(times)), default=0)  # requests in a minute
    most = max(ALLOWED_A_MINUTE, a_minute + 2 * CONCURRENCY)
    good = kept >= KEPT and busiest <= most and not violations and not cost.note
    note = cost.note or f"{len(times):,} requests, {cost.repositories} repositories, {len(violations)} violations"
    what = f"request rate kept of {a_minute:,} a minute, {1000 * scale.latency_s:g} ms an answer"
    return Measured(what, f"{kept:.1%}", f"≥ {KEPT:.0%}", good, note)


def cpu(scale: Scale, directory: Path) -> list[Measured]:
    """A run of all endpoints, as fast as it goes: client, parsing and commits together."""
    with simulated(scale.cpu_repositories) as github:
        followed(directory, scale.cpu_repositories)
        cost = collecting(directory, github.url, scale.run_s)
        first = generated_repository(1, LIVED_DAYS, NOW.date(), "generated-0")
        views = f"{github.url}/repos/{first.full_name}/traffic/views"
        bare_ms = 1000 * bare_call_cpu_s(views, min(BARE_CALLS, cost.requests))
    each_ms = 1000 * cost.cpu_s / cost.requests
    note = cost.note or f"{cost.requests:,} requests; a bare call of the HTTP library costs {bare_ms:.1f} ms"
    reached = each_ms <= MOST_MS and not cost.note
    return [Measured("collector's processor time a request", f"{each_ms:.2f} ms", f"≤ {MOST_MS:g} ms", reached, note)]


def memory(scale: Scale, directory: Path) -> list[Measured]:
    """The peak of a whole run over 10,000 repositories: all endpoints, and two weeks of days that are new."""
    place = directory / "store"
    five_years_copy(scale, place).close()
    with simulated(scale.store_repositories) as github:
        cost = collecting(place, github.url, scale.run_s)
    peak = cost.peak_bytes / 1e6
    note = f"{cost.requests:,} requests in {cost.seconds:.0f} s, {cost.rows_changed:,} rows new"
    if cost.state == "stopped":
        note = f"did not get through in {scale.run_s:.0f} s: {cost.requests:,} requests"
    what = f"peak memory of a run over {cost.repositories:,} repositories with {scale.store_days:,} days each"
    good = peak < MOST_MB and cost.state == "complete"
    return [Measured(what, f"{peak:.0f} MB", f"< {MOST_MB} MB", good, cost.note or note)]


def again(scale: Scale, directory: Path) -> list[Measured]:
    """The same moment collected three times: at first, as a run does it, and with every answer given in full anew."""
    with simulated(scale.again_repositories) as github:
        store = followed(directory, scale.again_repositories)
        settings = Settings(github.url, UNLIMITED)
        first = _collected(store, settings)
        usual = _compared(store, settings, "collecting again, most answers 304")
        with store.traffic.commit("forgetting what was asked") as connection:
            connection.execute("delete from endpoint_state")
        whole = _compared(store, settings, "collecting again, all answers in full")
    store.close()
    assert first.rows_changed, "the first run has brought nothing"
    return [usual, whole]


def _compared(store: Store, settings: Settings, what: str) -> Measured:
    facts = _contents(store)
    report = _collected(store, settings)
    changed = [table for table, content in _contents(store).items() if content != facts[table]]
    good = not changed and not report.rows_changed and report.state.value == "complete"
    rows = sum(count for count, _ in facts.values())
    note = f"{report.requests:,} requests; {rows:,} rows of facts compared by hash"
    value = f"{report.rows_changed} rows" + "".join(f", {table} differs" for table in changed)
    return Measured(what, value, "nothing written", good, note)


def _collected(store: Store, settings: Settings) -> RunReport:
    return collect(store, settings, RunRequest(Scope(), "command"), SystemClock(), Progress())


def _contents(store: Store) -> dict[str, tuple[int, int]]:
    """Of each table of facts, the number of rows and a sum of their hashes."""
    with store.traffic.read() as cursor:
        return {
            table: cursor.execute(
                f"select count(*) as rows_there, coalesce(sum(hash(every)), 0) as hashes from {table} as every"
            ).fetchall()[0]
            for table in schema.tables(cursor)
            if table not in LOGS
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run came to, and what it cost."""

    state: str
    message: str | None
    repositories: int
    requests: int
    failures: int
    rows_changed: int
    seconds: float
    cpu_s: float
    peak_bytes: int

    @property
    def note(self) -> str:
        """What a reader must know of a run that did not end well."""
        good = self.state in {"complete", "stopped"} and not self.failures
        return "" if good else f"the run was {self.state}, {self.failures} failed: {self.message}"


def collecting(
    directory: Path,
    url: str,
    run_s: float,
    requests_a_minute: int = UNLIMITED,
    concurrency: int = 4,
    *,
    tenants: tuple[int, ...] = (),
) -> Cost:
    """Run the collector over a data directory, or some of its tenants, for so many seconds at most."""
    arguments = [str(each) for each in (directory, url, run_s, requests_a_minute, concurrency, *tenants)]
    command = [sys.executable, "-m", "tests.benchmarks.collector_runs", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=run_s + GRACE_S, check=True)
    return Cost(**json.loads(done.stdout))


def bare_call_cpu_s(url: str, calls: int) -> float:
    """The processor time of one call with the HTTP library alone, headers and JSON included."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        session.get(url, timeout=20).json()
        before = _cpu_s()
        for _ in range(calls):
            session.get(url, timeout=20).json()
        return (_cpu_s() - before) / calls


def _main() -> None:
    parser = argparse.ArgumentParser("tests.benchmarks.collector_runs")
    parser.add_argument("directory", type=Path)
    parser.add_argument("url")
    parser.add_argument("run_s", type=float)
    parser.add_argument("requests_a_minute", type=int)
    parser.add_argument("concurrency", type=int)
    parser.add_argument("tenants", type=int, nargs="*")
    given = parser.parse_args()
    stop = threading.Event()
    alarm = threading.Timer(given.run_s, stop.set)
    alarm.daemon = True
    alarm.start()
    before, settings = _cpu_s(), Settings(given.url, given.requests_a_minute, given.concurrency)
    request = RunRequest(Scope(tuple(given.tenants) or None), "command")
    report = collect(Store(given.directory), settings, request, SystemClock(stop), Progress())
    alarm.cancel()
    cost = Cost(
        report.state.value,
        report.message,
        report.repositories,
        report.requests,
        report.failures,
        report.rows_changed,
        report.seconds,
        _cpu_s() - before,
        _peak_bytes(),
    )
    print(json.dumps(asdict(cost)))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_bytes() -> int:
    """The greatest memory of this process. On Linux ru_maxrss begins with that of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS


if __name__ == "__main__":
    _main()
