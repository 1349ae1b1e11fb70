"""Repositories made of a number: plausible, never measured, always the same, and worked out only when asked for."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from tests.fake_github import Asset, Release, Repository

DAY = timedelta(days=1)
_RANDOM = Random(20261120)
_CHANCE = [_RANDOM.random() for _ in range(4096)]


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
