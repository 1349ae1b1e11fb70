"""A run of the collector in a process of its own, which measures itself: `python -m tests.benchmarks.collecting`.

Its processor time begins after the imports; its memory is that of the whole process.
"""

import argparse
import json
import resource
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

from collector.clock import SystemClock
from collector.run import Progress, RunRequest, collect
from collector.settings import Settings
from data.collection.ledger import Scope
from data.store import Store
from tests.benchmarks.measured import UNLIMITED
from tests.benchmarks.simulation import TOKEN

GRACE_S = 60.0  # from the wish to stop until the end of the process


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
    def told(self) -> str:
        """What a reader must know of a run that did not end well."""
        good = self.state in {"complete", "stopped"} and not self.failures
        return "" if good else f"the run was {self.state}, {self.failures} failed: {self.message}"


def collecting(
    directory: Path, url: str, run_s: float, requests_a_minute: int = UNLIMITED, concurrency: int = 4
) -> Cost:
    """Run the collector over a data directory, for so many seconds at most."""
    arguments = [str(directory), url, str(run_s), str(requests_a_minute), str(concurrency)]
    command = [sys.executable, "-m", "tests.benchmarks.collecting", *arguments]
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
    parser = argparse.ArgumentParser("tests.benchmarks.collecting")
    parser.add_argument("directory", type=Path)
    parser.add_argument("url")
    parser.add_argument("run_s", type=float)
    parser.add_argument("requests_a_minute", type=int)
    parser.add_argument("concurrency", type=int)
    given = parser.parse_args()
    print(json.dumps(asdict(_collected(given.directory, given.run_s, _settings(given)))))


def _settings(given: argparse.Namespace) -> Settings:
    return Settings(given.url, given.requests_a_minute, given.concurrency)


def _collected(directory: Path, run_s: float, settings: Settings) -> Cost:
    stop = threading.Event()
    alarm = threading.Timer(run_s, stop.set)
    alarm.daemon = True
    alarm.start()
    before = _cpu_s()
    report = collect(Store(directory), settings, RunRequest(Scope(), "command"), SystemClock(stop), Progress())
    alarm.cancel()
    return Cost(
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
