"""Days that stand out against a repository's own weekly pattern. Pure.

What a day was to have is a seasonal decomposition of counts, made of running medians only, so that neither one
outlier nor a burst of several days moves it (half of the values may be wrong before a median is):

1. Counts are put on the scale 2·√(x + 3/8), on which a Poisson count has the same noise at any level (F. J. Anscombe,
   The transformation of Poisson, binomial and negative-binomial data, Biometrika 35, 1948).
2. The level of a day is the median of the 29 days around it; near either end, of the 29 days at that end. A level
   that has lasted two weeks is the new normal, and no spike for ever.
3. Its weekday is the median ratio to the level of the same weekday in the eight weeks around it, the day itself left
   out, drawn towards 1 as if one more week had none.
4. What is left over is divided by its own noise: 1.4826 times the median absolute deviation of the 57 days around it,
   in proportion to the level (F. R. Hampel, The influence curve and its role in robust estimation, JASA 69, 1974). The
   noise is never taken for less than that of visitors who look at a few pages each, nor for less than 8 % of the level
   on that scale: three views a day are no reason to cry, nor is a very regular month.
5. A day stands out from 3 such deviations on (C. Leys et al., Detecting outliers: Do not use standard deviation around
   the mean, use absolute deviation around the median, Journal of Experimental Social Psychology 49, 2013). All is then
   worked out once more without the days that do, so that a burst does not hide its own smaller days.

A day of which fewer than 14 others are known in the 57 around it is expected to have nothing in particular (NaN).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

LEVEL_DAYS = 29  # two weeks on either side
SAME_WEEKDAYS = 9  # of four weeks on either side, the day's own among them
NOISE_DAYS = 57
NOISE_STEP = 7  # it is worked out for a week at a time
LEAST_KNOWN = 14  # other days around a day
STANDS_OUT = 3.0
MAD_TO_DEVIATION = 1.4826  # of a normal distribution
LEAST_NOISE = 1.6  # a Poisson count has 1; a visitor looks at two or three pages
LEAST_RELATIVE_NOISE = 0.08
OFFSET = 3 / 8
BLOCK_CELLS = 20_000  # that are looked at together: their windows stay near the processor
COLUMNS = ("day", "value", "expected", "low", "high", "score")

Numbers = NDArray[np.float64]


# The least count that can stand out: where nothing is usual and the noise is the least.
LEAST_COUNT = (np.sqrt(OFFSET) + STANDS_OUT * LEAST_NOISE / 2) ** 2 - OFFSET


@dataclass(frozen=True, slots=True)
class Expectation:
    """For every day of every series, NaN where there is none: the expected count, from where to where it is usual,
    and how many deviations the day is above it (negative: below).
    """

    expected: Numbers
    low: Numbers
    high: Numbers
    score: Numbers


def find_spikes(days: DataFrame) -> DataFrame:
    """The days of one series that stand out, by day.

    In: day (UTC dates in any order, each once; days may be missing), value (NA where unknown or pending). Rows: day
    (datetime64), value, expected, low, high (what would be usual), score (deviations), kind (spike or drop).
    """
    judged = expected(days)
    found = judged[judged["score"].abs() >= STANDS_OUT].reset_index(drop=True)
    found["kind"] = np.where(found["score"] > 0, "spike", "drop").astype(object)
    return found


def expected(days: DataFrame) -> DataFrame:
    """What every day of one series was to have, from its first day to its last, missing ones included.

    In: as find_spikes. Rows: day (datetime64), value, expected, low, high, score; NaN where unknown.
    """
    moments = pd.DatetimeIndex(pd.to_datetime(days["day"].astype(object))).as_unit("us")
    values = pd.to_numeric(days["value"]).to_numpy(np.float64, na_value=np.nan)
    series = Series(values, index=moments).sort_index()
    if not series.empty:
        series = series.reindex(pd.date_range(series.index[0], series.index[-1], freq="D", unit="us"))
    found = expectation(series.to_numpy()[np.newaxis])
    columns = (series.index, series.to_numpy(), found.expected[0], found.low[0], found.high[0], found.score[0])
    return DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def expectation(counts: Numbers) -> Expectation:
    """The expectation of many series at once: a row a series, a column a day, none left out, NaN where unknown."""
    seen = 2 * np.sqrt(counts + OFFSET)
    if counts.shape[-1] <= LEAST_KNOWN:
        nothing = np.full_like(seen, np.nan)
        return Expectation(nothing, nothing, nothing, nothing)
    size = max(1, BLOCK_CELLS // counts.shape[-1])
    blocks = [_settled(seen[begin : begin + size]) for begin in range(0, max(1, len(seen)), size)]
    usual, noise = (np.concatenate(each) for each in zip(*blocks, strict=True))
    others = _edged(_known(seen, NOISE_DAYS), NOISE_DAYS, seen.shape[-1]) - np.isfinite(seen)
    usual = np.where(others >= LEAST_KNOWN, usual, np.nan)
    reach = STANDS_OUT * noise
    return Expectation(_counts(usual), _counts(usual - reach), _counts(usual + reach), (seen - usual) / noise)


def _settled(seen: Numbers) -> tuple[Numbers, Numbers]:
    """What is usual, worked out once more without the days that stand out, where there are any."""
    usual, noise = _usual(seen)
    quiet = np.abs(seen - usual) < STANDS_OUT * noise
    loud = (quiet != np.isfinite(seen)).any(axis=-1)
    if loud.any():
        usual[loud], noise[loud] = _usual(np.where(quiet, seen, np.nan)[loud])
    return usual, noise


def _usual(seen: Numbers) -> tuple[Numbers, Numbers]:
    """What is usual on each day, and the deviation from it that is; both on the scale of square roots."""
    weekday = _weekdays(seen / _running_median(seen, LEVEL_DAYS))
    level = _running_median(seen / weekday, LEVEL_DAYS)  # once more, now that weekends do not blur it
    usual = np.maximum(level * weekday, 2 * np.sqrt(OFFSET))
    around = _around(seen / usual - 1, NOISE_DAYS, slice(NOISE_STEP // 2, None, NOISE_STEP))
    weekly = MAD_TO_DEVIATION * _median(np.abs(around - _median(around)[..., np.newaxis]))
    deviation = np.repeat(np.concatenate((weekly, weekly[..., -1:]), axis=-1), NOISE_STEP, axis=-1)
    relative = np.fmax(deviation[..., : seen.shape[-1]], LEAST_RELATIVE_NOISE)
    return usual, np.maximum(relative * usual, LEAST_NOISE)


def _weekdays(ratios: Numbers) -> Numbers:
    """How each day's weekday usually stands to the level."""
    effects = np.ones_like(ratios)
    more = ratios.shape[-1] % 7  # weekdays that come once more than the others
    for group in (range(more), range(more, min(7, ratios.shape[-1]))):
        if group:
            same = np.stack([ratios[..., first::7] for first in group], axis=-2)
            for first, effect in zip(group, np.moveaxis(_effects(same), -2, 0), strict=True):
                effects[..., first::7] = effect
    return effects


def _effects(same: Numbers) -> Numbers:
    """The effect of a weekday from its ratios: of each the median of the others around, drawn towards 1."""
    places = same.shape[-1]
    others = _around(same, SAME_WEEKDAYS, slice(None))
    itself = np.arange(places) - _begins(places, SAME_WEEKDAYS)
    others[..., np.arange(places), itself] = np.nan
    weeks = _edged(_known(same, SAME_WEEKDAYS), SAME_WEEKDAYS, places) - np.isfinite(same)
    others.sort(axis=-1)
    return np.asarray((weeks * np.where(weeks > 0, _middle(others, weeks), 0) + 1) / (weeks + 1))


def _begins(places: int, width: int) -> NDArray[np.int_]:
    """Where the values around each place begin; near an end they are those at that end."""
    return np.clip(np.arange(places) - width // 2, 0, max(0, places - width))


def _around(values: Numbers, width: int, chosen: slice) -> Numbers:
    """For each of the chosen places so many values around it."""
    places = values.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(values, min(width, places), axis=-1)
    return np.asarray(windows[..., _begins(places, width)[chosen], :])


def _running_median(values: Numbers, width: int) -> Numbers:
    """The median of what is known of so many values around each place; NaN where nothing is."""
    places = values.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(values, min(width, places), axis=-1)
    return np.asarray(_edged(_middle(np.sort(windows, axis=-1), _known(values, width)), width, places))


def _edged(of_windows: Any, width: int, places: int) -> Any:
    """What is known of each window, for each place: near an end that of the window at that end."""
    return of_windows[..., _begins(places, width)]


def _known(values: Numbers, width: int) -> NDArray[np.int_]:
    """How many values are known in each window of so many."""
    sums = np.cumsum(np.isfinite(values), axis=-1, dtype=np.int64)
    width = min(width, values.shape[-1])
    found = sums[..., width - 1 :].copy()
    found[..., 1:] -= sums[..., :-width]
    return np.asarray(found)


def _median(values: Numbers) -> Numbers:
    """The median of what is known along the last axis; NaN where nothing is."""
    ordered = np.sort(values, axis=-1)
    return _middle(ordered, np.asarray(np.isfinite(ordered).sum(axis=-1)))


def _middle(ordered: Numbers, known: NDArray[np.int_]) -> Numbers:
    """The median of ordered values, of which so many are known; NaN comes last."""
    most = int(known.max(initial=0))
    if most and (known == most).all():
        return np.asarray((ordered[..., (most - 1) // 2] + ordered[..., most // 2]) / 2)
    middles = np.stack((np.maximum(known - 1, 0) // 2, np.minimum(known // 2, ordered.shape[-1] - 1)), axis=-1)
    return np.asarray(np.take_along_axis(ordered, middles, axis=-1).mean(axis=-1))


def _counts(scaled: Numbers) -> Numbers:
    """Back from the scale of square roots."""
    return np.asarray(np.maximum((np.maximum(scaled, 0) / 2) ** 2 - OFFSET, 0))
