"""Days that stand out against a repository's own weekly pattern: what they are, and the table `spike` that keeps them.

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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from data.calendar import DAY
from data.store import Store
from data.store.sql import query

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
TOGETHER_DAYS = 2  # days that stand out and are so near to each other are one stretch
RECENT_DAYS = 45  # what stands out in them changes as days come after it
CONTEXT_DAYS = 70  # before these: what is usual follows from so many
CHUNK_DAYS = 400_000  # of repositories that are in memory at a time
METRICS = ("views", "clones")

Numbers = NDArray[np.float64]
Row = tuple[int, str, date, date, date, int, float, float]  # of the table spike


# The least count that can stand out: where nothing is usual and the noise is the least.
LEAST_COUNT = (np.sqrt(OFFSET) + STANDS_OUT * LEAST_NOISE / 2) ** 2 - OFFSET


@dataclass(frozen=True, slots=True)
class Expectation:
    """For every day of every series, NaN where there is none: the expected count, and how many deviations the day is
    above it (negative: below).
    """

    expected: Numbers
    score: Numbers


def expectation(counts: Numbers) -> Expectation:
    """The expectation of many series at once: a row a series, a column a day, none left out, NaN where unknown."""
    seen = 2 * np.sqrt(counts + OFFSET)
    if counts.shape[-1] <= LEAST_KNOWN:
        nothing = np.full_like(seen, np.nan)
        return Expectation(nothing, nothing)
    size = max(1, BLOCK_CELLS // counts.shape[-1])
    blocks = [_settled(seen[begin : begin + size]) for begin in range(0, max(1, len(seen)), size)]
    usual, noise = (np.concatenate(each) for each in zip(*blocks, strict=True))
    others = _edged(_known(seen, NOISE_DAYS), NOISE_DAYS, seen.shape[-1]) - np.isfinite(seen)
    usual = np.where(others >= LEAST_KNOWN, usual, np.nan)
    counted = np.maximum((usual / 2) ** 2 - OFFSET, 0)  # back from the scale of square roots
    return Expectation(counted, (seen - usual) / noise)


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
    sums = np.cumsum(np.isfinite(values), axis=-1, dtype=np.int64)
    width = min(width, values.shape[-1])
    found = sums[..., width - 1 :].copy()
    found[..., 1:] -= sums[..., :-width]
    return np.asarray(found)


def _median(values: Numbers) -> Numbers:
    ordered = np.sort(values, axis=-1)
    return _middle(ordered, np.asarray(np.isfinite(ordered).sum(axis=-1)))


def _middle(ordered: Numbers, known: NDArray[np.int_]) -> Numbers:
    """The median of ordered values, of which so many are known; NaN comes last."""
    most = int(known.max(initial=0))
    if most and (known == most).all():
        return np.asarray((ordered[..., (most - 1) // 2] + ordered[..., most // 2]) / 2)
    middles = np.stack((np.maximum(known - 1, 0) // 2, np.minimum(known // 2, ordered.shape[-1] - 1)), axis=-1)
    return np.asarray(np.take_along_axis(ordered, middles, axis=-1).mean(axis=-1))


@dataclass(frozen=True, slots=True)
class UnusualDays:
    """Days of a series that stand out in one direction and are near each other, as numbers from its first day on; of
    the one that differs the most what it had, what it was to have, and its score (negative: a drop).
    """

    first: int
    last: int
    peak: int
    value: int
    expected: float
    score: float


def stretches(counts: Numbers) -> Iterator[tuple[int, UnusualDays]]:
    """The stretches of days that stand out among many series (as in `expectation`), each with its series' number."""
    notable = np.flatnonzero((np.nan_to_num(counts) >= LEAST_COUNT).any(axis=1))  # in no other a day can stand out
    counts = counts[notable]
    judged = expectation(counts)
    for sign in (1, -1):
        of, days = np.nonzero(sign * judged.score >= STANDS_OUT)
        begins = (np.diff(of, prepend=-1) != 0) | (np.diff(days, prepend=0) > TOGETHER_DAYS)
        for places in np.split(np.arange(len(of)), np.flatnonzero(begins)[1:]) if len(of) else ():
            row, near = of[places[0]], days[places]
            most = near[np.argmax(sign * (counts[row, near] - judged.expected[row, near]))]
            ends = int(near[0]), int(near[-1]), int(most)
            told = int(counts[row, most]), float(judged.expected[row, most]), float(judged.score[row, most])
            yield int(notable[row]), UnusualDays(*ends, *told)


def save_spikes(store: Store, repository_ids: Iterable[int], today: date) -> None:
    """Bring the table `spike` up to date for these repositories, and for all of which it was never done.

    Only those are looked at whose final days (as of `today`, UTC) have changed. The newest weeks are judged anew, since
    what stands out changes as days come after it; older stretches stay as they are. The whole history is judged where
    that was not done before, or too long ago. Where nothing changes, nothing is written.
    Raises: StoreMissing, StoreBusy, StoreNotWritten.
    """
    recent = today - RECENT_DAYS * DAY
    values = {
        "repository_ids": sorted(repository_ids),
        "recent": recent,
        "context": recent - CONTEXT_DAYS * DAY,
        "today": today,
    }
    with store.traffic.read() as cursor:
        cursor.execute("set variable today = $today", {"today": today})
        asked = cursor.execute(query(__name__, "changed"), values).fetchall()
        found = [(ids, begin, list(_rows(cursor, ids, first, begin))) for ids, first, begin in _chunks(asked, values)]
    if not asked:
        return
    judged = {"ids": [key for key, *_ in asked]}
    with store.traffic.commit("days that stand out") as connection:
        for ids, begin, rows in found:
            _replace(connection, ids, begin, rows)
        connection.execute("delete from spike_progress where repository_id in (select unnest($ids::integer[]))", judged)
        digests = {"digests": [digest for _, _, digest, _ in asked], "today": today}
        connection.execute(query(__name__, "progress"), judged | digests)


def _chunks(asked: Sequence[tuple[Any, ...]], values: dict[str, Any]) -> Iterator[tuple[list[int], date, date]]:
    """Repositories that fit into memory together, the first day to be read of them, and that from which to judge."""
    for whole in (False, True):
        earliest, begin = (date.min, date.min) if whole else (values["context"], values["recent"])
        rest = sorted((max(first, earliest), key) for key, first, _, is_whole in asked if is_whole is whole)
        while rest:
            first = rest[0][0]
            size = max(1, CHUNK_DAYS // max(1, (values["today"] - first).days))
            yield [key for _, key in rest[:size]], first, begin
            rest = rest[size:]


def _rows(cursor: duckdb.DuckDBPyConnection, ids: list[int], first: date, begin: date) -> Iterator[Row]:
    """What stands out from the day `begin` on, worked out from the days from `first` on."""
    days = cursor.execute(query(__name__, "final_days"), {"repository_ids": ids, "first_day": first}).fetchnumpy()
    if not len(days["place"]):
        return
    places = np.searchsorted(ids := sorted(ids), days["repository_id"])
    counts = np.full((len(METRICS), len(ids), int(days["place"].max()) + 1), np.nan)
    for number, metric in enumerate(METRICS):
        counts[number, places, days["place"]] = np.ma.filled(np.ma.asarray(days[metric], dtype=np.float64), np.nan)
    for of, each in stretches(counts.reshape(len(METRICS) * len(ids), -1)):
        ends = (first + each.first * DAY, first + each.last * DAY, first + each.peak * DAY)
        if ends[1] >= begin:
            yield ids[of % len(ids)], METRICS[of // len(ids)], *ends, each.value, each.expected, each.score


def _replace(connection: duckdb.DuckDBPyConnection, ids: list[int], begin: date, rows: list[Row]) -> None:
    """Put these rows in place of those of the same repositories that reach to `begin` or into one of them."""
    names = ("repository_ids", "metrics", "first_days", "last_days", "peak_days", "counts", "expected", "scores")
    columns: dict[str, Any] = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    reached = {name: columns[name] for name in ("repository_ids", "metrics", "first_days")}
    connection.execute(query(__name__, "forget"), {"ids": ids, "begin": begin} | reached)
    connection.execute(query(__name__, "add"), columns)
