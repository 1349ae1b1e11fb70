"""Whether the bounds of daily views agree with recorded top-10 lists, how wide and how soon they are there."""

import time as clock
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from data.calendar import DAY, DayRange
from data.insight.bounds import Listing, SeenList, Stretch, fitted_bounds, stretches
from tests import recorded
from tests.benchmarks.measured import Measured, Scale

ASKED_DAYS = 92
MOST_MS = 1000
WINDOWS = ((13, 1), (14, 1))


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists as they were seen, and all views of each day, from the first one on."""

    first: date
    seen: tuple[SeenList, ...]
    totals: Mapping[date, int]


def bounds(scale: Scale, directory: Path) -> list[Measured]:
    days = scale.recorded_days
    found = list(recorded_lists(days))
    return [*_on_recorded(found, days), _window(found, days)]


def _on_recorded(all_lists: Sequence[Lists], days: int) -> list[Measured]:
    """The lists of two repositories: the truth is unknown, but they must agree with themselves and with the totals."""
    rows = exceeding = 0
    contradicted, widths, took = [], [], []
    for lists in all_lists:
        began = clock.perf_counter()
        fitted_bounds(lists.seen, lists.totals, _asked(lists, ASKED_DAYS))
        took.append(1000 * (clock.perf_counter() - began))
        found = fitted_bounds(lists.seen, lists.totals, _asked(lists, days))
        rows += len(found)
        contradicted.append(found["contradicted"].mean())
        widths.append((found["high"] - found["low"]).mean())
        least = found.groupby("day")["low"].sum()
        exceeding += sum(views > lists.totals.get(day, np.inf) for day, views in least.items())
    note = f"{rows:,} days of names; mean widths {', '.join(f'{width:.1f}' for width in widths)} views"
    share, slowest = np.mean(contradicted), max(took)
    exceed = "days whose least views exceed the day's, recorded lists"
    speed = f"{slowest:.0f} ms", f"≤ {MOST_MS} ms", slowest <= MOST_MS, "the slowest of 4 listings"
    return [
        Measured("contradicted days, recorded lists", f"{share:.2%}", "≤ 1 %", share <= 0.01, note),
        Measured(exceed, f"{exceeding}", "0", exceeding == 0, f"{rows:,} days of names"),
        Measured(f"bounds of {ASKED_DAYS} days", *speed),
    ]


def _window(all_lists: Sequence[Lists], days: int) -> Measured:
    """The days that recorded lists cover: under the right reading hardly any name's sums contradict each other."""
    shares = {window: np.mean([_contradicted(lists, window, days) for lists in all_lists]) for window in WINDOWS}
    ours, theirs = (float(share) for share in shares.values())
    what = "names contradicted if recorded lists cover the 13 days before"
    note = f"if they cover the 14 days before: {theirs:.0%}, counted in stretches of two months"
    return Measured(what, f"{ours:.1%}", "≤ 5 %", ours <= 0.05, note)


def _contradicted(lists: Lists, window: tuple[int, int], days: int) -> float:
    first, last = (timedelta(days=n) for n in window)
    windows = [DayRange(each.day - first, each.day - last) for each in lists.seen]
    listings = [Listing(covered, covered, each.views) for covered, each in zip(windows, lists.seen, strict=True)]
    parts = [Stretch(listings, lists.totals, part) for part in stretches(_asked(lists, days))]
    return int(sum(part.broken.sum() for part in parts)) / sum(len(part.names) for part in parts)


def _asked(lists: Lists, days: int) -> DayRange:
    return DayRange(lists.first, lists.first + DAY * (days - 1))


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
            yield Lists(first, seen, totals)
