"""Days that stand out against a repository's own weekly pattern: what they are, and the table `spike` that keeps them.

What a day was to have is made of medians only, so that neither one outlier nor a burst of several days moves it (half
of the values may be wrong before a median is):

1. Counts are put on the scale 2·√(x + 3/8), on which a Poisson count has the same noise at any level (F. J. Anscombe,
   The transformation of Poisson, binomial and negative-binomial data, Biometrika 35, 1948).
2. A weekday is the median ratio to the median of 29 days, over the same weekday in the twelve weeks around, the day
   itself left out. It is drawn towards 1, the more so the less one week is like the next (empirical Bayes: B. Efron and
   C. Morris, Stein's estimation rule and its competitors, JASA 68, 1973).
3. The level is the median of eight weeks before the day and of eight weeks after it, leaving out a week next to it, so
   that a wave is not measured by itself. A spike has to be above the greater of both, a drop below the smaller: a level
   that has come to stay, or a trend, is neither (the "greatest of" and "smallest of" two windows with guard cells, by
   which radar distinguishes an echo at the edge of clutter: V. G. Hansen and J. H. Sawyers, Detectability loss due to
   "greatest of" selection in a cell-averaging CFAR, IEEE Transactions on Aerospace and Electronic Systems 16, 1980;
   with ranks instead of means: H. Rohling, ibid. 19, 1983). Where a side is not known, as after the newest days, the
   median of the nearest 29 days stands for it.
4. What is left over is divided by its own noise: 1.4826 times the median absolute deviation of the 57 days around it,
   in proportion to the level (F. R. Hampel, The influence curve and its role in robust estimation, JASA 69, 1974). The
   noise is never taken for less than that of visitors who look at a few pages each, nor for less than 8 % of the level
   on that scale: three views a day are no reason to cry, nor is a very regular month.
5. A day stands out from 2.5 such deviations on (C. Leys et al., Detecting outliers: Do not use standard deviation
   around the mean, use absolute deviation around the median, Journal of Experimental Social Psychology 49, 2013) if it
   differs by 15 and has 2.5 times what was expected (a drop: half), or from 4 deviations on where it has less. All is
   then worked out once more without the days that are so far away, so that a burst does not hide its smaller days.
6. The days next to such a day that are still 1.5 deviations away are of the same stretch (two thresholds: J. Canny, A
   computational approach to edge detection, IEEE Transactions on Pattern Analysis and Machine Intelligence 8, 1986):
   the days on which a wave dies away are its own, and no news.

The numbers were chosen on four recorded repositories, of which 52 events had been read by eye before
(tests/benchmarks/spikes.py). With all four at hand F1 of days is 74 %; chosen on three and tried on the fourth, each in
turn, it is 65 to 70 %. More is not to be had from these events: the rule by which they were read, applied to the
letter in 54 ways, has 67 % at most. Visitors are not asked: in 33 of the 52 events no more came than usual.

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

MIDDLE_DAYS = 29  # two weeks on either side
SIDE_DAYS, GUARD_DAYS = 56, 7  # of a level before or after a day; left out next to it
SAME_WEEKDAYS = 13  # of six weeks on either side, the day's own among them
WEEKDAY_SPREAD = 0.15  # of weekdays' effects, as a deviation
NOISE_DAYS = 57
NOISE_STEP = 7  # it is worked out for a week at a time
LEAST_KNOWN = 14  # other days around a day, or on one side of it
STANDS_OUT, STILL_OUT = 2.5, 1.5  # deviations; the latter next to a day that stands out
LEAST_TIMES, LEAST_TIMES_LESS, LEAST_DIFFERENCE = 2.5, 2.0, 15  # from what was expected
PLAINLY_OUT = 4.0  # deviations, with which it need not be so many times
MAD_TO_DEVIATION = 1.4826  # of a normal distribution
LEAST_NOISE = 1.6  # a Poisson count has 1; a visitor looks at two or three pages
LEAST_RELATIVE_NOISE = 0.08
OFFSET = 3 / 8
BLOCK_CELLS = 20_000  # that are looked at together: their windows stay near the processor
TOGETHER_DAYS = 2  # days that stand out and are so near to each other are one stretch
RECENT_DAYS = 70  # what stands out in them changes as days come after it
CONTEXT_DAYS = 105  # before these: what is usual follows from so many
CHUNK_DAYS = 400_000  # of repositories that are in memory at a time
METRICS = ("views", "clones")

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = tuple[int, str, date, date, date, int, float, float]  # of the table spike


@dataclass(frozen=True, slots=True)
class Expectation:
    """For every day of every series, NaN where there is none: the expected count, and how many deviations the day is
    above it (negative: below). Between the levels before and after it, a day is as expected.
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
    usual, noise = _usual(seen, seen)
    quiet = np.abs(seen - usual) < STANDS_OUT * noise
    loud = (quiet != np.isfinite(seen)).any(axis=-1)
    if loud.any():
        usual[loud], noise[loud] = _usual(np.where(quiet, seen, np.nan)[loud], seen[loud])
    return usual, noise


def _usual(quiet: Numbers, seen: Numbers) -> tuple[Numbers, Numbers]:
    """What is usual on each day, and the deviation from it that is; both on the scale of square roots."""
    weekday = _weekdays(quiet / _running_median(quiet, MIDDLE_DAYS))
    level = quiet / weekday  # once more, now that weekends do not blur it
    middle = _running_median(level, MIDDLE_DAYS)
    sides = [np.where(np.isfinite(side), side, middle) for side in _sides(level)]
    low, high = weekday * np.minimum(*sides), weekday * np.maximum(*sides)
    usual = np.maximum(np.clip(seen, low, high), 2 * np.sqrt(OFFSET))
    rest = quiet / np.maximum(middle * weekday, 2 * np.sqrt(OFFSET)) - 1
    around = _around(rest, NOISE_DAYS, slice(NOISE_STEP // 2, None, NOISE_STEP))
    weekly = MAD_TO_DEVIATION * _median(np.abs(around - _median(around)[..., np.newaxis]))
    deviation = np.repeat(np.concatenate((weekly, weekly[..., -1:]), axis=-1), NOISE_STEP, axis=-1)
    relative = np.fmax(deviation[..., : seen.shape[-1]], LEAST_RELATIVE_NOISE)
    return usual, np.maximum(relative * usual, LEAST_NOISE)


def _sides(level: Numbers) -> tuple[Numbers, Numbers]:
    """The level before and that after each day; NaN where too little of it is known."""
    places, nothing = level.shape[-1], np.full((*level.shape[:-1], SIDE_DAYS + GUARD_DAYS), np.nan)
    around = np.concatenate((nothing, level, nothing), axis=-1)
    levels = np.where(_known(around, SIDE_DAYS) >= LEAST_KNOWN, _medians(around, SIDE_DAYS), np.nan)
    return levels[..., :places], levels[..., -places:]


def _weekdays(ratios: Numbers) -> Numbers:
    """The effect of each day's weekday, from the ratios to the level."""
    effects, noise = np.ones_like(ratios), np.abs(ratios[..., 7:] - ratios[..., :-7])
    prior = (MAD_TO_DEVIATION * _median(noise) / WEEKDAY_SPREAD) ** 2 / 2 if noise.size else np.ones(len(ratios))
    more = ratios.shape[-1] % 7  # weekdays that come once more than the others
    for group in (range(more), range(more, min(7, ratios.shape[-1]))):
        if group:
            same = np.stack([ratios[..., first::7] for first in group], axis=-2)
            drawn = _effects(same, np.nan_to_num(prior, nan=1)[:, np.newaxis, np.newaxis])
            for first, effect in zip(group, np.moveaxis(drawn, -2, 0), strict=True):
                effects[..., first::7] = effect
    return effects


def _effects(same: Numbers, prior: Numbers) -> Numbers:
    """The effect of a weekday from its ratios: of each the median of the others around, drawn towards 1."""
    places = same.shape[-1]
    others = _around(same, SAME_WEEKDAYS, slice(None))
    itself = np.arange(places) - _begins(places, SAME_WEEKDAYS)
    others[..., np.arange(places), itself] = np.nan
    weeks = _edged(_known(same, SAME_WEEKDAYS), SAME_WEEKDAYS, places) - np.isfinite(same)
    others.sort(axis=-1)
    prior = np.where(weeks > 0, prior, 1)
    return np.asarray((weeks * np.where(weeks > 0, _middle(others, weeks), 0) + prior) / (weeks + prior))


def _begins(places: int, width: int) -> NDArray[np.int_]:
    """Where the values around each place begin; near an end they are those at that end."""
    return np.clip(np.arange(places) - width // 2, 0, max(0, places - width))


def _around(values: Numbers, width: int, chosen: slice) -> Numbers:
    places = values.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(values, min(width, places), axis=-1)
    return np.asarray(windows[..., _begins(places, width)[chosen], :])


def _running_median(values: Numbers, width: int) -> Numbers:
    """The median of what is known of so many values around each place; NaN where nothing is."""
    return np.asarray(_edged(_medians(values, width), width, values.shape[-1]))


def _medians(values: Numbers, width: int) -> Numbers:
    """The median of what is known of each window."""
    windows = np.lib.stride_tricks.sliding_window_view(values, min(width, values.shape[-1]), axis=-1)
    return _middle(np.sort(windows, axis=-1), _known(values, width))


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
    notable = np.flatnonzero((np.nan_to_num(counts) >= LEAST_DIFFERENCE).any(axis=1))  # in no other a day can stand out
    counts = counts[notable]
    judged = expectation(counts)
    for sign, times in ((1, LEAST_TIMES), (-1, LEAST_TIMES_LESS)):
        score, more = sign * judged.score, sign * (counts - judged.expected)
        less, greater = (judged.expected, counts)[::sign]
        stands_out = (
            (score >= STANDS_OUT) & (more >= LEAST_DIFFERENCE) & ((greater >= times * less) | (score >= PLAINLY_OUT))
        )
        for row, near, most in _together(score >= STILL_OUT, stands_out, more):
            peak = int(counts[row, most]), float(judged.expected[row, most]), float(judged.score[row, most])
            yield int(notable[row]), UnusualDays(int(near[0]), int(near[-1]), most, *peak)


def _together(still: Flags, stands_out: Flags, more: Numbers) -> Iterator[tuple[int, NDArray[np.int_], int]]:
    """The row and the days of each stretch, and of those that stand out the one that differs the most."""
    of, days = np.nonzero(still)
    runs = np.cumsum((np.diff(of, prepend=-1) != 0) | (np.diff(days, prepend=0) > 1))
    kept = np.isin(runs, runs[stands_out[of, days]])
    of, days = of[kept], days[kept]
    begins = np.flatnonzero((np.diff(of, prepend=-1) != 0) | (np.diff(days, prepend=0) > TOGETHER_DAYS))
    for places in np.split(np.arange(len(of)), begins[1:]) if len(of) else ():
        row, near = int(of[places[0]]), days[places]
        best = np.where(stands_out[row, near], more[row, near], -np.inf)
        yield row, near, int(near[np.argmax(best)])


def save_spikes(store: Store, repository_ids: Iterable[int], today: date) -> None:
    """Bring the table `spike` up to date for these repositories, and for all of which it was never done.

    Only those are looked at whose final days (as of `today`, UTC) have changed. The newest weeks are judged anew, since
    what stands out changes as days come after it; older stretches stay as they are. The whole history is judged where
    that was not done before, or too long ago. Where nothing changes, nothing is written.
    Raises: StoreMissing, StoreBusy, StoreNotWritten, StoreAway.
    """
    recent = today - RECENT_DAYS * DAY
    values = {
        "repository_ids": sorted(repository_ids),
        "recent": recent,
        "context": recent - CONTEXT_DAYS * DAY,
        "today": today,
    }
    with store.traffic.read(today=today) as cursor:
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
