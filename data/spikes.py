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
COLUMNS = ("day", "value", "expected", "low", "high", "score")

Numbers = NDArray[np.float64]


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
    usual, noise = _usual(seen)
    quiet = np.abs(seen - usual) < STANDS_OUT * noise
    usual, noise = _usual(np.where(quiet, seen, np.nan))
    others = _known(_around(seen, NOISE_DAYS)) - np.isfinite(seen)
    usual = np.where(others >= LEAST_KNOWN, usual, np.nan)
    reach = STANDS_OUT * noise
    return Expectation(_counts(usual), _counts(usual - reach), _counts(usual + reach), (seen - usual) / noise)


def _usual(seen: Numbers) -> tuple[Numbers, Numbers]:
    """What is usual on each day, and the deviation from it that is; both on the scale of square roots."""
    weekday = _weekdays(seen / _median(_around(seen, LEVEL_DAYS)))
    level = _median(_around(seen / weekday, LEVEL_DAYS))  # once more, now that weekends do not blur it
    usual = np.maximum(level * weekday, 2 * np.sqrt(OFFSET))
    around = _around(seen / usual - 1, NOISE_DAYS)[..., NOISE_STEP // 2 :: NOISE_STEP, :]
    weekly = MAD_TO_DEVIATION * _median(np.abs(around - _median(around)[..., np.newaxis]))
    deviation = np.repeat(np.concatenate((weekly, weekly[..., -1:]), axis=-1), NOISE_STEP, axis=-1)
    relative = np.fmax(deviation[..., : seen.shape[-1]], LEAST_RELATIVE_NOISE)
    return usual, np.maximum(relative * usual, LEAST_NOISE)


def _weekdays(ratios: Numbers) -> Numbers:
    """How each day's weekday usually stands to the level."""
    effects = np.ones_like(ratios)
    for first in range(7):
        same = ratios[..., first::7]
        others = _around(same, SAME_WEEKDAYS, without_itself=True)
        weeks = _known(others)
        effects[..., first::7] = (weeks * np.where(weeks > 0, _median(others), 0) + 1) / (weeks + 1)
    return effects


def _around(values: Numbers, width: int, without_itself: bool = False) -> Numbers:
    """For each place so many values around it; near an end, those at that end."""
    places = values.shape[-1]
    width = min(width, places)
    first = np.clip(np.arange(places) - width // 2, 0, places - width)
    around = np.lib.stride_tricks.sliding_window_view(values, width, axis=-1)[..., first, :]
    if without_itself:
        around = np.where(np.arange(width) == (np.arange(places) - first)[:, np.newaxis], np.nan, around)
    return np.asarray(around)


def _known(values: Numbers) -> NDArray[np.int_]:
    return np.asarray(np.isfinite(values).sum(axis=-1))


def _median(values: Numbers) -> Numbers:
    """The median of what is known along the last axis; NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN comes last
    known = _known(ordered)
    middles = np.stack((np.maximum(known - 1, 0) // 2, np.minimum(known // 2, values.shape[-1] - 1)), axis=-1)
    return np.asarray(np.take_along_axis(ordered, middles, axis=-1).mean(axis=-1))


def _counts(scaled: Numbers) -> Numbers:
    """Back from the scale of square roots."""
    return np.asarray(np.maximum((np.maximum(scaled, 0) / 2) ** 2 - OFFSET, 0))
