"""Whether the bounds of daily views hold, and how narrow they are, beside what one would guess from the lists."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from data.calendar import DAY, WINDOW_DAYS, DayRange
from data.insight.bounds import Listing, SeenList, Stretch, fitted_bounds, stretches
from tests.benchmarks.list_series import Lists, made_lists, recorded_lists
from tests.benchmarks.measured import Measured, Scale

ASKED_DAYS = 92
MOST_MS = 1000
WINDOWS = ((13, 1), (14, 1))
LAGGING = 0.02  # of the lists, one day

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """What bounds are worth: how many of them, the share that holds, the mean width; what two guesses are worth: their
    mean error, and the share of guesses that the bounds prove wrong.
    """

    rows: int
    held: float
    width: float
    truth: float
    error_of_fourteenth: float
    error_of_difference: float
    fourteenth_refuted: float
    difference_refuted: float


def bounds(scale: Scale, directory: Path) -> list[Measured]:
    """Lists made of daily views that are known, and recorded ones."""
    recorded = list(recorded_lists(scale.recorded_days))
    return [*_on_made(scale), *_on_recorded(recorded, scale.recorded_days), _window(recorded, scale.recorded_days)]


def _on_made(scale: Scale) -> list[Measured]:
    steady = [_judged(made_lists(n, window)) for window in WINDOWS for n in range(scale.known_lists)]
    lagging = [_judged(made_lists(n, WINDOWS[1], LAGGING)) for n in range(scale.known_lists)]
    rows = sum(each.rows for each in steady)
    held, sometimes = _mean(steady, "held"), _mean(lagging, "held")
    note = f"{rows:,} days of names with known views; 5 to 40 names, lists of the 13 or 14 days before"
    width, truth = _mean(steady, "width"), _mean(steady, "truth")
    errors = f"off by {_mean(steady, 'error_of_fourteenth'):.1f} and {_mean(steady, 'error_of_difference'):.1f}"
    refuted = f"{_mean(steady, 'fourteenth_refuted'):.0%} and {_mean(steady, 'difference_refuted'):.0%}"
    guesses = f"a 14th of the sum and the difference of two sums are {errors};"
    return [
        Measured("bounds that hold, made lists", f"{held:.2%}", "100 %", held == 1, note),
        Measured(
            "mean width of the bounds, made lists",
            f"{width:.1f} views",
            "",
            None,
            f"of {truth:.1f} views a day; {guesses} the bounds prove {refuted} of them wrong",
        ),
        Measured(
            "bounds that hold where 1 of 50 lists lags a day",
            f"{sometimes:.2%}",
            "",
            None,
            f"{sum(each.rows for each in lagging):,} days; what is assumed (see docs/measures.md) is not true there",
        ),
    ]


def _judged(lists: Lists) -> Judged:
    """The bounds of made lists beside the truth."""
    found = fitted_bounds(lists.seen, lists.totals, _asked(lists, ASKED_DAYS))
    truth = np.array([lists.truth[key] for key in zip(found["name"], found["day"], strict=True)], dtype=np.float64)
    low, high = found["low"].to_numpy(np.float64), found["high"].to_numpy(np.float64, na_value=np.inf)
    fourteenth, difference = _guesses(found, lists.seen)
    return Judged(
        len(found),
        float(((low <= truth) & (truth <= high)).mean()),
        float((high - low)[np.isfinite(high)].mean()),
        float(truth.mean()),
        *(float(np.nanmean(np.abs(guess - truth))) for guess in (fourteenth, difference)),
        *_refuted(found, (fourteenth, difference)),
    )


def _refuted(found: DataFrame, guesses: Sequence[Numbers]) -> list[float]:
    """The share of each guess's days on which it lies outside the bounds; half a view is given for rounding."""
    low, high = found["low"].to_numpy(np.float64), found["high"].to_numpy(np.float64, na_value=np.inf)
    known = [(guess[~np.isnan(guess)], ~np.isnan(guess)) for guess in guesses]
    return [float(((guess < low[of] - 0.5) | (guess > high[of] + 0.5)).mean()) for guess, of in known]


def _guesses(found: DataFrame, seen: Sequence[SeenList]) -> list[Numbers]:
    """Of each row a 14th of the sum seen the day after, and by how much that is more than the sum of the day itself."""
    sums = {(name, each.observed_at.date()): views for each in seen for name, views in each.views.items()}
    rows = list(zip(found["name"], found["day"], strict=True))
    after = np.array([sums.get((name, day + DAY), np.nan) for name, day in rows], dtype=np.float64)
    before = np.array([sums.get((name, day), np.nan) for name, day in rows], dtype=np.float64)
    return [after / WINDOW_DAYS, after - before]


def _on_recorded(recorded: Sequence[Lists], days: int) -> list[Measured]:
    """The lists of two repositories: the truth is unknown, but they must agree with themselves and with the totals."""
    rows = exceeding = 0
    contradicted, widths, refuted, took = [], [], [], []
    for lists in recorded:
        began = time.perf_counter()
        fitted_bounds(lists.seen, lists.totals, _asked(lists, ASKED_DAYS))
        took.append(1000 * (time.perf_counter() - began))
        found = fitted_bounds(lists.seen, lists.totals, _asked(lists, days))
        rows += len(found)
        contradicted.append(found["contradicted"].mean())
        widths.append((found["high"] - found["low"]).mean())
        refuted.append(_refuted(found, _guesses(found, lists.seen)))
        least = found.groupby("day")["low"].sum()
        exceeding += sum(views > lists.totals.get(day, np.inf) for day, views in least.items())
    wrong = " and ".join(f"{share:.0%}" for share in np.mean(refuted, axis=0))
    note = f"{rows:,} days of names; mean widths {', '.join(f'{width:.1f}' for width in widths)} views"
    guesses = f"a 14th of the sum and the difference of two sums are proved wrong on {wrong} of the days"
    return [
        Measured(
            "contradicted days, recorded lists",
            f"{np.mean(contradicted):.2%}",
            "≤ 1 %",
            np.mean(contradicted) <= 0.01,
            note,
        ),
        Measured(
            "days whose least views exceed the day's, recorded lists", f"{exceeding}", "0", exceeding == 0, guesses
        ),
        Measured(
            f"bounds of {ASKED_DAYS} days",
            f"{max(took):.0f} ms",
            f"≤ {MOST_MS} ms",
            max(took) <= MOST_MS,
            "the slowest of 4 listings",
        ),
    ]


def _window(recorded: Sequence[Lists], days: int) -> Measured:
    """The days that recorded lists cover: under the right reading hardly any name's sums contradict each other."""
    shares = {window: np.mean([_contradicted(lists, window, days) for lists in recorded]) for window in WINDOWS}
    ours, theirs = (float(share) for share in shares.values())
    what = "names contradicted if recorded lists cover the 13 days before"
    note = f"if they cover the 14 days before: {theirs:.0%}, counted in stretches of two months"
    return Measured(what, f"{ours:.1%}", "≤ 5 %", ours <= 0.05, note)


def _contradicted(lists: Lists, window: tuple[int, int], days: int) -> float:
    first, last = (timedelta(days=n) for n in window)
    windows = [DayRange(each.day - first, each.day - last) for each in lists.seen]
    listings = [Listing(covered, covered, each.views) for covered, each in zip(windows, lists.seen, strict=True)]
    parts = [Stretch(listings, lists.totals, part) for part in stretches(_asked(lists, days))]
    return sum(part.contradictions for part in parts) / sum(len(part.names) for part in parts)


def _asked(lists: Lists, days: int) -> DayRange:
    return DayRange(lists.first, lists.first + DAY * (days - 1))


def _mean(judged: Sequence[Judged], what: str) -> float:
    rows = [each.rows for each in judged]
    return float(np.average([getattr(each, what) for each in judged], weights=rows))
