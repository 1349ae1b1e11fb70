"""The fake GitHub as a process of its own, so that its work is not the collector's, and a store that tracks it.

Its repositories are made of a number: plausible, never measured, always the same, worked out only when asked for.

As a program it prints its address, answers until its standard input is closed, and prints what it saw.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import add_tenant
from data.accounts.tokens import TokenFacts, save_token
from data.calendar import DAY
from data.store import Store
from tests.benchmarks.measured import LIVED_DAYS, NOW, UNLIMITED
from tests.fake_github import Asset, FakeGitHub, Release, Repository, Token, World

TOKENS, OWNER_ID = [f"ghp_benchmarks{n}" for n in range(3)], 9_800_001  # each token of an owner of its own
TOKEN = TOKENS[0]
_RANDOM = Random(20261120)
_CHANCE = [_RANDOM.random() for _ in range(4096)]


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
    tenant = add_tenant(store, COMMAND_LINE, "Benchmark", "daily", added_at)
    facts = TokenFacts("classic", "maintainer", OWNER_ID, "repo", None)
    save_token(store, COMMAND_LINE, tenant.tenant_id, TOKEN, facts, now=added_at)
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


class GeneratedSeries(Mapping[date, tuple[int, int]]):
    """Readings a day: a weekly pattern, a slow trend, chance, spikes that fade, days without any."""

    def __init__(self, seed: int, first: date, days: int, level: float, share: float = 0.45) -> None:
        random = Random(seed)
        self._seed, self._first, self._days, self._level, self._share = seed * 7919, first, days, level, share
        self._weekend, self._trend = random.uniform(0.35, 0.9), random.uniform(-0.4, 1.5) / days
        self._spikes = [(random.randrange(days), level * random.uniform(4, 25)) for _ in range(random.randrange(4))]

    def __getitem__(self, day: date) -> tuple[int, int]:
        number = (day - self._first).days
        if not 0 <= number < self._days:
            raise KeyError(day)
        expected = self._level * (1 + self._trend * number) * (self._weekend if day.weekday() >= 5 else 1)
        expected += sum(height * 0.6 ** (number - start) for start, height in self._spikes if 0 <= number - start < 12)
        chance, other = _CHANCE[(self._seed + number * 31) % 4096], _CHANCE[(self._seed + number * 17 + 1009) % 4096]
        count = int(expected * (0.55 + 0.9 * chance) + other)
        return count, min(count, max(1, int(count * self._share * (0.7 + 0.6 * other))))

    def __iter__(self) -> Iterator[date]:
        return (self._first + DAY * number for number in range(self._days))

    def __len__(self) -> int:
        return self._days


def generated_repository(seed: int, days: int, until: date, owner: str) -> Repository:
    """A repository that lived for so many days up to and including `until`; a seed is its id as well."""
    random = Random(seed)
    first = until - DAY * (days - 1)
    level = random.uniform(0.02, 2) if random.random() < 0.3 else random.choice((3, 10, 60, 300)) * random.uniform(1, 3)
    created_at = datetime.combine(first, time(random.randrange(24)), UTC)
    releases = [
        Release(
            seed * 10 + n,
            f"v1.{n}",
            created_at + DAY * (n * days // 4),
            assets=[Asset(seed * 10 + n, "file.zip", 0, 3)],
        )
        for n in range(random.randrange(4))
    ]
    paths = [(f"/{owner}/repository-{seed}/tree/main/{n}", 90 - 9 * n, 40 - 4 * n) for n in range(10)]
    sites = [(f"site-{n}.example", count, uniques) for n, (_, count, uniques) in enumerate(paths)]
    return Repository(
        seed,
        owner,
        f"repository-{seed}",
        views=GeneratedSeries(seed, first, days, level),
        clones=GeneratedSeries(seed + 500_009, first, days, level * random.uniform(0.05, 0.8), share=0.3),
        stars={first + DAY * n: int(level) for n in range(0, days, 28)},
        releases=releases,
        referrers=[(created_at, sites)],
        paths=[(created_at, paths)],
        created_at=created_at,
        publish_hour=None,
    )


def generated_repositories(number: int, days: int, until: date) -> list[Repository]:
    """So many of them, with owners of 50 repositories each."""
    return [generated_repository(seed, days, until, f"generated-{(seed - 1) // 50}") for seed in range(1, number + 1)]


def _main() -> None:
    parser = argparse.ArgumentParser("tests.benchmarks.simulation")
    parser.add_argument("repositories", type=int)
    parser.add_argument("latency_s", type=float)
    given = parser.parse_args()
    tokens = [Token(secret, f"maintainer-{n}", OWNER_ID + n) for n, secret in enumerate(TOKENS)]
    world = World(generated_repositories(given.repositories, LIVED_DAYS, NOW.date()), tokens)
    with FakeGitHub(world, now=NOW) as github:
        github.switches.latency_s = given.latency_s
        github.budgets.an_hour = UNLIMITED
        print(github.url, flush=True)
        sys.stdin.read()
    print(json.dumps([[seen.at for seen in github.requests], github.violations]))


if __name__ == "__main__":
    _main()
