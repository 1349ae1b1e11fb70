"""Top-10 lists: made of daily views that are known, and recorded ones of which only the totals of days are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from data.calendar import DAY
from data.insight.bounds import SeenList
from tests import recorded

FIRST = date(2026, 1, 1)
DAYS = 120
SEEN_AT = time(22, 15)
LONGEST = 10


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists as they were seen, all views of each day from the first on, and each name's, where these are known."""

    first: date
    seen: tuple[SeenList, ...]
    totals: Mapping[date, int]
    truth: Mapping[tuple[str, date], int]


def made_lists(seed: int, window: tuple[int, int], lagging: float = 0.0) -> Lists:
    """Some names with views of their own, now and then a burst, and lists of the days from so many to so many before;
    a share of the lists is that of the day before.
    """
    chance = np.random.default_rng([seed, *window])
    names = int(chance.integers(5, 41))
    level = np.exp(chance.normal(0.5, 1.5, names))[:, np.newaxis]
    views = chance.poisson(level * np.exp(chance.normal(0, 0.6, (names, DAYS))))
    for _ in range(DAYS // 20):
        burst = (chance.integers(names), slice(begin := chance.integers(DAYS), begin + 3))
        views[burst] += chance.poisson(chance.uniform(20, 300), views[burst].shape)
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    totals = dict(zip(days, (views.sum(axis=0) + chance.poisson(20, DAYS)).tolist(), strict=True))
    truth = {(f"n{k:02}", day): int(views[k, n]) for k in range(names) for n, day in enumerate(days)}
    listed = {}
    for n in range(15, DAYS):
        sums = views[:, n - window[0] : n - window[1] + 1].sum(axis=1)
        names_listed = np.lexsort((chance.random(names), -sums))[:LONGEST]  # ties by chance
        listed[n] = {f"n{k:02}": int(sums[k]) for k in names_listed if sums[k] > 0}
    late = {n: n - int(chance.random() < lagging) for n in range(16, DAYS)}
    seen = [SeenList(datetime.combine(days[n], SEEN_AT), listed[of]) for n, of in late.items()]
    return Lists(FIRST, tuple(seen), totals, truth)


def recorded_lists(days: int) -> Iterator[Lists]:
    """Referrers and paths of the two repositories of which both were recorded, so many days from the first list on."""
    for name in recorded.WITH_ANSWERS:
        series = recorded.recorded_series(name, "views")
        for listing in ("referrers", "paths"):
            lists = recorded.recorded_lists(name, listing)
            assert lists is not None
            first = lists[0][0].date()
            until = datetime.combine(first + DAY * (days + 40), time(), UTC)
            seen = tuple(
                SeenList(since.replace(tzinfo=None), {entry: count for entry, count, _ in entries})
                for since, entries in lists
                if since < until
            )
            totals = {
                day: series.get(day, (0, 0))[0] for day in (first + timedelta(days=n) for n in range(-20, days + 40))
            }
            yield Lists(first, seen, totals, {})
