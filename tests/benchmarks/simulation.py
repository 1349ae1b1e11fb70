"""The fake GitHub as a process of its own, so that its work is not the collector's, and a store that tracks it.

As a program it prints its address, answers until its standard input is closed, and prints what it saw.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from data.accounts.encryption import open_cipher
from data.accounts.tenants import add_tenant
from data.accounts.tokens import TokenFacts, save_token
from data.store import Store
from tests.benchmarks.generated import generated_repositories
from tests.benchmarks.measured import LIVED_DAYS, NOW, UNLIMITED
from tests.fake_github import FakeGitHub, Token, World

TOKEN, OWNER_ID = "ghp_benchmarks0", 9_800_001


@dataclass(slots=True)
class Simulation:
    """One that runs; once it has ended, the moments at which requests came, and what was impolite."""

    url: str
    times: list[float] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)


@contextmanager
def simulated(repositories: int, latency_s: float = 0.0) -> Iterator[Simulation]:
    """One with so many generated repositories, whose clock stands still and whose limit is out of reach."""
    command = [sys.executable, "-m", "tests.benchmarks.simulation", str(repositories), str(latency_s)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, "the fake GitHub did not start"
        simulation = Simulation(url)
        yield simulation
    finally:
        output, _ = process.communicate()
    simulation.times, simulation.violations = json.loads(output)


_FOLLOW = """
insert into repository
select
    unnest(range(1, 1 + len($ids))), $tenant_id, unnest($ids), unnest($owners), unnest($names), unnest($full_names),
    'active', null, $now, $now, 'public', false, false
"""


def followed(directory: Path, repositories: int) -> Store:
    """A new store in which one tenant, with a token, follows the first so many generated repositories."""
    store = Store(directory)
    store.prepare()
    added_at = NOW - timedelta(days=LIVED_DAYS)
    tenant = add_tenant(store, "Benchmark", "daily", added_at)
    facts = TokenFacts("classic", "maintainer", OWNER_ID, "repo", None)
    encrypted = (open_cipher(directory).encrypt(TOKEN), TOKEN[-4:])
    save_token(store, tenant.tenant_id, encrypted, facts, added_at)
    found = generated_repositories(repositories, LIVED_DAYS, NOW.date())
    values = {
        "tenant_id": tenant.tenant_id,
        "ids": [each.id for each in found],
        "owners": [each.owner for each in found],
        "names": [each.name for each in found],
        "full_names": [each.full_name for each in found],
        "now": added_at.replace(tzinfo=None),
    }
    with store.traffic.commit("following repositories") as connection:
        connection.execute(_FOLLOW, values)
        connection.execute("insert into identity_counter values ('repository', $last)", {"last": len(found)})
    return store


def _main() -> None:
    parser = argparse.ArgumentParser("tests.benchmarks.simulation")
    parser.add_argument("repositories", type=int)
    parser.add_argument("latency_s", type=float)
    given = parser.parse_args()
    world = World(
        generated_repositories(given.repositories, LIVED_DAYS, NOW.date()), [Token(TOKEN, "maintainer", OWNER_ID)]
    )
    with FakeGitHub(world, now=NOW) as github:
        github.switches.latency_s = given.latency_s
        github.budgets.an_hour = UNLIMITED
        print(github.url, flush=True)
        sys.stdin.read()
    print(json.dumps([[seen.at for seen in github.requests], github.violations]))


if __name__ == "__main__":
    _main()
