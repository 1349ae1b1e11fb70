"""The fake GitHub as a process of its own, so that its work is not counted as the collector's.

As a program it prints its address and answers until its standard input is closed.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from tests.benchmarks.measured import LIVED_DAYS, NOW, UNLIMITED
from tests.fake_github import FakeGitHub, Token, World
from tests.fake_github.generated import generated_repositories
from tests.fake_github.server import SEEN

TOKEN, OWNER_ID = "ghp_benchmarks0", 9_800_001


@dataclass(frozen=True, slots=True)
class Simulation:
    """A running one."""

    url: str

    def seen(self) -> dict[str, Any]:
        """When each request came, `at`, and the client's `violations`."""
        seen: dict[str, Any] = requests.get(self.url + SEEN, timeout=30).json()
        return seen


@contextmanager
def simulated(repositories: int, latency_s: float = 0.0, a_minute: int = UNLIMITED) -> Iterator[Simulation]:
    """One with so many generated repositories, whose clock stands still and whose other limits are out of reach."""
    command = [sys.executable, "-m", "tests.benchmarks.simulation", str(repositories), str(latency_s), str(a_minute)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "the fake GitHub did not start"
        yield Simulation(url)
    finally:
        process.communicate()


def _main() -> None:
    parser = argparse.ArgumentParser("tests.benchmarks.simulation")
    parser.add_argument("repositories", type=int)
    parser.add_argument("latency_s", type=float)
    parser.add_argument("a_minute", type=int)
    given = parser.parse_args()
    world = World(
        generated_repositories(given.repositories, LIVED_DAYS, NOW.date()), [Token(TOKEN, "maintainer", OWNER_ID)]
    )
    with FakeGitHub(world, now=NOW) as github:
        github.switches.latency_s = given.latency_s
        github.budgets.an_hour, github.budgets.a_minute = UNLIMITED, given.a_minute
        print(github.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _main()
