"""Repositories made of a number: plausible, always the same for the same seed, and worked out only when asked for.

Nothing here was ever measured. The truth about a day is in the repository's own series: `repository.views[day]`.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from math import exp
from random import Random

from tests.simulated_github.repositories import Asset, Reading, Release, Repository, Stats

DAY = timedelta(days=1)
NOTHING = (0, 0)
UNTIL = date(2026, 12, 31)
_CHANCES = 4096
_RANDOM = Random(20261120)
_CHANCE = [_RANDOM.random() for _ in range(_CHANCES)]
_ADJECTIVES = (
    "amber",
    "brisk",
    "calm",
    "dense",
    "early",
    "fuzzy",
    "grand",
    "humble",
    "ionic",
    "jolly",
    "keen",
    "lunar",
)
_NOUNS = ("parser", "router", "ledger", "kernel", "widget", "tensor", "beacon", "mirror", "socket", "cipher", "lexer")
_LANGUAGES = ("Python", "TypeScript", "Go", "Rust", "C", "Java", None)


class GeneratedSeries(Mapping[date, Reading]):
    """Readings a day: a weekly pattern, a slow trend, chance, spikes that fade, days without any."""

    __slots__ = ("_days", "_first", "_level", "_seed", "_share", "_spikes", "_trend", "_weekend")

    def __init__(self, seed: int, first: date, days: int, level: float, share: float = 0.45) -> None:
        random = Random(seed)
        self._seed = seed * 7919
        self._first = first.toordinal()
        self._days = days
        self._level = level
        self._share = share
        self._weekend = random.uniform(0.35, 0.9)
        self._trend = random.uniform(-0.4, 1.5) / max(days, 1)
        self._spikes = [
            (self._first + random.randrange(max(days, 1)), level * random.uniform(4, 25))
            for _ in range(random.randrange(4) if level >= 1 else 0)
        ]

    def __getitem__(self, day: date) -> Reading:
        number = day.toordinal()
        if not self._first <= number < self._first + self._days:
            raise KeyError(day)
        return self._reading(number)

    def get(self, day: date, default: Reading = NOTHING) -> Reading:  # type: ignore[override]
        """The reading of a day; nothing outside of the life of the repository."""
        number = day.toordinal()
        if 0 <= number - self._first < self._days:
            return self._reading(number)
        return default

    def __iter__(self) -> Iterator[date]:
        return (date.fromordinal(self._first + n) for n in range(self._days))

    def __len__(self) -> int:
        return self._days

    def _reading(self, number: int) -> Reading:
        expected = self._level * (1 + self._trend * (number - self._first))
        if (number + 6) % 7 >= 5:  # Monday is 0
            expected *= self._weekend
        for start, height in self._spikes:
            if 0 <= number - start < 12:
                expected += height * 0.6 ** (number - start)
        chance = _CHANCE[(self._seed + number * 31) % _CHANCES]
        other = _CHANCE[(self._seed + number * 17 + 1009) % _CHANCES]
        count = int(expected * (0.55 + 0.9 * chance) + other)
        if not count:
            return NOTHING
        return count, min(count, max(1, int(count * self._share * (0.7 + 0.6 * other))))


class GeneratedStars(Mapping[date, int]):
    """Stars gained a day: a steady trickle, and launches that bring many and fade within weeks."""

    __slots__ = ("_days", "_first", "_launches", "_rate")

    def __init__(self, first: date, days: int, rate: float, launches: list[tuple[date, int]]) -> None:
        self._first = first.toordinal()
        self._days = days
        self._rate = rate
        self._launches = [(launch.toordinal(), stars) for launch, stars in launches]

    def until(self, day: date) -> int:
        """All stars up to a day, without adding up the days."""
        return self._until(day.toordinal())

    def __getitem__(self, day: date) -> int:
        number = day.toordinal()
        if not self._first <= number < self._first + self._days:
            raise KeyError(day)
        return self._until(number) - self._until(number - 1)

    def __iter__(self) -> Iterator[date]:
        return (date.fromordinal(self._first + n) for n in range(self._days))

    def __len__(self) -> int:
        return self._days

    def _until(self, number: int) -> int:
        passed = min(number - self._first + 1, self._days)
        if passed <= 0:
            return 0
        launched = 0.0
        for at, stars in self._launches:
            age = number - at + 1
            if age > 60:
                launched += stars
            elif age > 0:
                launched += stars * (1 - exp(-age / 5))
        return int(passed * self._rate + launched)


def generated_repository(seed: int, days: int = 800, until: date = UNTIL, owner: str = "generated") -> Repository:
    """A repository that lived for so many days up to and including `until`; a seed is its id as well."""
    random = Random(seed)
    first = until - DAY * (days - 1)
    level = _level(random)
    views = GeneratedSeries(seed, first, days, level)
    launches = [(first + DAY * random.randrange(days), int(level * random.uniform(0.5, 3))) for _ in range(2)]
    stars = GeneratedStars(first, days, level / 80, launches)
    return Repository(
        seed,
        owner,
        f"{random.choice(_ADJECTIVES)}-{random.choice(_NOUNS)}-{seed}",
        views=views,
        clones=GeneratedSeries(seed + 500_009, first, days, level * random.uniform(0.05, 0.8), share=0.3),
        stars=stars,
        releases=_releases(random, seed, first, days),
        stats=_Growing(stars, random.randrange(50, 60_000)),
        created_at=datetime.combine(first, time(random.randrange(24)), UTC),
        archived=random.random() < 0.03,
        fork=random.random() < 0.05,
        language=random.choice(_LANGUAGES),
        publish_hour=None,
    )


def generated_repositories(number: int, days: int = 800, until: date = UNTIL, first_seed: int = 1) -> list[Repository]:
    """So many of them, with owners of 50 repositories each."""
    return [
        generated_repository(seed, days, until, f"generated-{(seed - first_seed) // 50}")
        for seed in range(first_seed, first_seed + number)
    ]


def _level(random: Random) -> float:
    """Views a day: a quarter of all repositories is quiet, some are nearly dead, some are known to many."""
    kind = random.random()
    if kind < 0.05:
        return 0.02
    if kind < 0.3:
        return random.uniform(0.2, 2)
    return random.uniform(3, 60) if kind < 0.85 else random.uniform(60, 800)


def _releases(random: Random, seed: int, first: date, days: int) -> list[Release]:
    releases = []
    for number in range(random.randrange(4)):
        day = first + DAY * (days * (number + 1) // 5)
        number_of = seed * 100 + number * 10
        assets = [
            Asset(number_of + place, f"release-{kind}", a_day=random.uniform(0, 9), size=random.randrange(1000, 9**7))
            for place, kind in enumerate(("linux.tar.gz", "windows.zip"))
        ]
        moment = datetime.combine(day, time(9, 30), UTC)
        releases.append(Release(number_of, f"v1.{number}.0", moment, assets=assets))
    return releases


class _Growing:
    """Counters that grow with the stars."""

    __slots__ = ("_size", "_stars")

    def __init__(self, stars: GeneratedStars, size: int) -> None:
        self._stars = stars
        self._size = size

    def __call__(self, day: date) -> Stats:
        stars = self._stars.until(day)
        return Stats(stars // 8, 1 + stars // 25, stars // 30 + day.toordinal() % 3, self._size)
