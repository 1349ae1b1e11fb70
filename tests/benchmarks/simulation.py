"""The simulated GitHub as a process of its own, so that its work is not counted as the collector's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.measured import LIVED_DAYS, NOW, UNLIMITED
from tests.simulated_github.client import Client

TOKEN, OWNER_ID = "ghp_simulated0", 9_800_001


@dataclass(frozen=True, slots=True)
class Simulation:
    """A running one: its address, and the client that steers it."""

    url: str
    client: Client

    def seen(self) -> list[dict[str, Any]]:
        """The newest 20,000 requests, oldest first."""
        requests: list[dict[str, Any]] = self.client.control("GET", "requests")
        return requests


@contextmanager
def simulated(repositories: int, latency_s: float = 0.0) -> Iterator[Simulation]:
    """One with so many generated repositories, whose clock stands still and whose limits are out of reach."""
    options = {
        "--world": "generated",
        "--repositories": repositories,
        "--days": LIVED_DAYS,
        "--days-ahead": 0,
        "--now": NOW.isoformat(),
        "--latency": latency_s,
        "--requests-an-hour": UNLIMITED,
        "--requests-a-minute": UNLIMITED,
    }
    command = [sys.executable, "-m", "tests.simulated_github", "--stop-with-parent"]
    command += [str(part) for option in options.items() for part in option]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "the simulated GitHub did not start"
        with Client(url) as client:
            yield Simulation(url, client)
    finally:
        process.terminate()
        process.communicate()
