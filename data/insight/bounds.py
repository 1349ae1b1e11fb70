"""What GitHub's rolling top-10 lists surely say about single days. Pure.

GitHub lists the ten names (referrers, or paths) with the most views of about 14 days, anew each day. How a name's sum
is spread over its days it never reports. So a day gets no estimate here but two bounds, between which it surely lies:

- a day's views of a name are at least 0, and at most all views of that day, where these are final;
- they are at most the sum over all days that a list surely covers, and at least what is left for them in a sum over
  all days that it may cover;
- a name that is not in a list of ten had at most as many views as the tenth, and no more than the ten leave of all
  views; a name that is not in a shorter list had none;
- all names of a day together have no more views than the day.

Each of the first three bounds a difference of two prefix sums, and the tightest bounds that follow from all of them
together are shortest paths (difference constraints: Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms,
section 24.4 of the third edition; found with Floyd and Warshall's algorithm). Long series are worked out in
stretches: that leaves constraints out, which widens bounds and never breaks them.

GitHub revises, and does not report which days a list covers (see below). Sums that cannot all
be true are a cycle of negative length: then no list on that cycle is believed for that name, and its days are marked as
contradicted.

Unique visitors are not additive, so nothing follows for them.

GitHub says "the last 14 days" and not which ones. Recorded lists of 2022 to 2024, read late in the day, cover exactly
the 13 days up to the day before: under that reading next to none of their sums contradict each other, under any other
more than half do. Since the end of 2025 GitHub shows views no sooner than the day after, and lists change once a day,
between 05:00 and 17:00 UTC: what is read before that is the list of the day before.

So the numbers decide. Several readings are tried on a repository's own lists, two months at a time. A reading under
which any sums contradict each other is out; between the others the bounds are as wide as all of them together. Where
all are out come the readings that may change from day to day, and last the one that counts only those days as covered
that each reading covers. A list that is the same as the one before may be that one still, late by as many days; so may
the next be.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import reduce
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame

from data.calendar import DAY, WINDOW_DAYS, DayRange

LONGEST_LIST = 10
STRETCH_DAYS = 60
MARGIN_DAYS = 30  # whose lists still bound a stretch: twice a window
COLUMNS = ("name", "day", "low", "high", "contradicted")

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
CHANGES_FROM = time(5)  # UTC
STEADY = (((13, 1), (13, 1)), ((14, 1), (14, 1)), ((14, 2), (14, 2)), ((15, 2), (15, 2)))
VARYING = (((13, 2), (14, 1)), ((14, 2), (15, 1)))
"""Readings: the days that are surely covered, and those that may be, each from so many to so many days before."""
MOST_LATE = 2  # days: views have been seen to come so much later than on the day after
QUICK_LOOK = 3  # names, which refute nearly every wrong reading
Windows = tuple[DayRange, DayRange]
Reading = Callable[["SeenList"], Windows]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of one day: the 14-day sum of each name in it, all days that these surely cover, and all they may."""

    sure: DayRange
    possible: DayRange
    views: Mapping[str, int]


class Edge(NamedTuple):
    """From one place to another, how long that is, and the number of what it stands for; None: it is beyond doubt."""

    start: int
    end: int
    length: float
    of: int | None


def stretches(days: DayRange) -> list[DayRange]:
    starts = days.days()[::STRETCH_DAYS]
    return [DayRange(start, min(start + DAY * (STRETCH_DAYS - 1), days.last)) for start in starts]


class Stretch:
    """Some days with a margin on either side, and the lists that bound them."""

    def __init__(
        self, listings: Sequence[Listing], totals: Mapping[date, int], days: DayRange, most_names: int | None = None
    ) -> None:
        """`totals` has all views of each day whose count is final. Of only so many names, those listed most often,
        where a quick look is enough.
        """
        margin = DAY * MARGIN_DAYS
        self._days = days
        self._around = DayRange(days.first - margin, days.last + margin)
        self._views = np.array([totals.get(day, np.inf) for day in self._around.days()], dtype=np.float64)
        near = [each for each in listings if _overlap(each.sure, self._around)]
        self._listings = [each for each in near if not self._exceeds_all_views(each)]
        self._refuted = [each for each in near if self._exceeds_all_views(each)]
        times = Counter(name for each in near if _overlap(each.possible, days) for name in each.views)
        self.names = sorted(name for name, _ in times.most_common(most_names))
        self._most, self._least = self._sums()
        self._paths = _shortest(self._distances(self._most, self._least))
        self.broken = np.diagonal(self._paths, axis1=1, axis2=2).min(axis=1, initial=0) < 0

    @property
    def contradicts_itself(self) -> bool:
        return bool(self._refuted or self.broken.any() or (_lows(self._paths).sum(axis=0) > self._views).any())

    def rows(self) -> DataFrame:
        """Between what the views of each name lie, on each asked day that a list with that name may cover.

        Rows, by name and day: name, day (date), low, high (integers; high is NA where nothing limits it), contradicted.
        """
        covered = self._covered()
        name, day = np.nonzero(covered)
        low, high, contradicted = (values[covered] for values in self._bounds())
        days = np.array(self._around.days(), dtype=object)
        limited = pd.array(np.where(np.isfinite(high), high, 0).astype(np.int64), dtype="Int64")
        limited[~np.isfinite(high)] = pd.NA
        columns = (np.array(self.names, dtype=object)[name], days[day], low.astype(np.int64), limited, contradicted)
        return DataFrame(dict(zip(COLUMNS, columns, strict=True))).astype({"name": "str", "low": "Int64"})

    def _bounds(self) -> tuple[Numbers, Numbers, Mask]:
        most, least, paths = self._most.copy(), self._least.copy(), self._paths.copy()
        contradicted = np.zeros((len(self.names), len(self._views)), dtype=bool)
        for each in self._refuted:
            contradicted[:, self._slice(each.possible)] = True
        for name in np.flatnonzero(self.broken):
            for place in self._not_believed(most[:, name], least[:, name]):
                most[place, name], least[place, name] = np.inf, 0
                contradicted[name, self._slice(self._listings[place].possible)] = True
            paths[name] = _shortest(self._distances(most[:, [name]], least[:, [name]]))[0]
        high = np.diagonal(paths, offset=1, axis1=1, axis2=2)
        return _together(_lows(paths), high, self._views, contradicted)

    def _sums(self) -> tuple[Numbers, Numbers]:
        """For each list and name: the most that its sure days add up to, the least that its possible ones do."""
        most = np.zeros((len(self._listings), len(self.names)))
        least = np.zeros_like(most)
        for place, each in enumerate(self._listings):
            most[place] = self._most_unlisted(each)
            for column, name in enumerate(self.names):
                if name in each.views:
                    most[place, column] = least[place, column] = each.views[name]
        return most, least

    def _most_unlisted(self, listing: Listing) -> float:
        """How many views a name may have had that is not in the list."""
        if len(listing.views) < LONGEST_LIST:
            return 0
        left = self._all_views(listing) - sum(listing.views.values())
        return float(min(left, *listing.views.values()))

    def _exceeds_all_views(self, listing: Listing) -> bool:
        return self._all_views(listing) < sum(listing.views.values())

    def _all_views(self, listing: Listing) -> float:
        whole = self._is_whole(listing.possible)
        return float(self._views[self._slice(listing.possible)].sum()) if whole else np.inf

    def _is_whole(self, days: DayRange) -> bool:
        return self._around.first <= days.first and days.last <= self._around.last

    def _slice(self, days: DayRange) -> slice:
        """Where in the stretch the days lie; what lies outside is left out."""
        first, last = (days.first - self._around.first).days, (days.last - self._around.first).days
        return slice(max(first, 0), max(min(last + 1, len(self._views)), 0))

    def _distances(self, most: Numbers, least: Numbers) -> Numbers:
        """For each name the bounds of differences between prefix sums: [from, to] the most that is added between."""
        places = len(self._views)
        distances = np.full((most.shape[1], places + 1, places + 1), np.inf)
        steps = np.arange(places)
        distances[:, steps, steps + 1] = self._views
        distances[:, steps + 1, steps] = 0
        distances[:, np.arange(places + 1), np.arange(places + 1)] = 0
        for place, each in enumerate(self._listings):
            sure, possible = self._slice(each.sure), self._slice(each.possible)
            if sure.start < sure.stop:
                into = distances[:, sure.start, sure.stop]
                np.minimum(into, most[place], out=into)
            if self._is_whole(each.possible):
                back = distances[:, possible.stop, possible.start]
                np.minimum(back, -least[place], out=back)
        return distances

    def _not_believed(self, most: Numbers, least: Numbers) -> set[int]:
        """The lists that take part in contradictions, for one name: without them there is none."""
        days = [Edge(n, n + 1, views, None) for n, views in enumerate(self._views) if np.isfinite(views)]
        days += [Edge(n + 1, n, 0, None) for n in range(len(self._views))]
        dropped: set[int] = set()
        while True:
            edges = [
                edge for place in range(len(most)) if place not in dropped for edge in self._edges(place, most, least)
            ]
            cycle = negative_cycle(len(self._views) + 1, days + edges)
            if not cycle:
                return dropped
            dropped |= cycle

    def _edges(self, place: int, most: Numbers, least: Numbers) -> list[Edge]:
        sure, possible = self._slice(self._listings[place].sure), self._slice(self._listings[place].possible)
        edges = []
        if sure.start < sure.stop and np.isfinite(most[place]):
            edges.append(Edge(sure.start, sure.stop, most[place], place))
        if self._is_whole(self._listings[place].possible):
            edges.append(Edge(possible.stop, possible.start, -least[place], place))
        return edges

    def _covered(self) -> Mask:
        covered = np.zeros((len(self.names), len(self._views)), dtype=bool)
        for each in (*self._listings, *self._refuted):
            named = [place for place, name in enumerate(self.names) if name in each.views]
            covered[named, self._slice(each.possible)] = True
        asked = self._slice(self._days)
        covered[:, : asked.start] = covered[:, asked.stop :] = False
        return covered


def _shortest(distances: Numbers) -> Numbers:
    """The shortest paths between all places, for each name (Floyd and Warshall); changes the distances."""
    for middle in range(distances.shape[1]):
        by_way = distances[:, :, middle, np.newaxis] + distances[:, np.newaxis, middle, :]
        np.minimum(distances, by_way, out=distances)
    return distances


def _lows(paths: Numbers) -> Numbers:
    return np.asarray(np.maximum(-np.diagonal(paths, offset=-1, axis1=1, axis2=2), 0))


def _together(low: Numbers, high: Numbers, views: Numbers, contradicted: Mask) -> tuple[Numbers, Numbers, Mask]:
    """Bounds that respect that all names of a day together have no more views than the day."""
    left = views - low.sum(axis=0)
    impossible = left < 0
    low = np.where(impossible, 0, low)
    high = np.where(impossible, views, np.minimum(high, left + low))
    return low, high, contradicted | impossible


def _overlap(one: DayRange, other: DayRange) -> bool:
    return one.first <= other.last and other.first <= one.last


def negative_cycle(places: int, edges: Sequence[Edge]) -> set[int]:
    """The numbers of what takes part in one cycle of negative length; empty: there is none (Bellman and Ford)."""
    distances, came_by = [0.0] * places, [-1] * places
    changed = -1
    for _ in range(places):
        changed = -1
        for number, (start, end, length, _) in enumerate(edges):
            if distances[start] + length < distances[end]:
                distances[end], came_by[end], changed = distances[start] + length, number, end
        if changed < 0:
            return set()
    for _ in range(places):  # surely on the cycle after so many steps back
        changed = edges[came_by[changed]].start
    numbers, place = set(), changed
    while True:
        edge = edges[came_by[place]]
        numbers.add(edge.of)
        place = edge.start
        if place == changed:
            return {number for number in numbers if number is not None}


@dataclass(frozen=True, slots=True)
class SeenList:
    """A list as it was observed (UTC), and the days of the answer on views that was the newest then; None: unknown.

    `late`: by how many days it may be late, since it had not changed.
    """

    observed_at: datetime
    views: Mapping[str, int]
    views_answer: DayRange | None = None
    late: int = 0

    @property
    def day(self) -> date:
        """The day whose list it is, unless it is an older one."""
        at = self.observed_at
        return at.date() if at.time() >= CHANGES_FROM else at.date() - DAY

    @property
    def oldest_day(self) -> date:
        """The first day whose list it may be."""
        return self.day - self.late * DAY


def fitted_bounds(seen: Sequence[SeenList], totals: Mapping[date, int], days: DayRange) -> DataFrame:
    """Between what the views of each name lie, whichever days the lists cover; rows as of Stretch.rows.

    It holds as long as the lists of two months all cover the same days, counted from their own day or from the one on
    which they last changed, or contradict each other.
    """
    lists = _with_lateness(seen)
    parts = [_fitted(lists, totals, part) for part in stretches(days)]
    return pd.concat(parts).sort_values(["name", "day"], ignore_index=True)


def unexplained_share(
    listed: Mapping[str, int], totals: Mapping[date, int], covered: tuple[DayRange, DayRange]
) -> tuple[float, float] | None:
    """The least and the greatest share of all views that no name of a list has; None where not all days are known.

    `covered`: the days that the list surely covers, and those that it may cover.
    """
    surely, possibly = (_sum(totals, days) for days in covered)
    if not surely or possibly is None:
        return None
    views = sum(listed.values())
    return max(0.0, 1 - views / surely), max(0.0, 1 - views / possibly)


def widest(seen: SeenList) -> Windows:
    """The days that a list surely covers by any reading, and those that it may cover."""
    newest = min(seen.oldest_day - 2 * DAY, seen.views_answer.last if seen.views_answer else seen.day)
    first = min(seen.oldest_day - DAY * (WINDOW_DAYS + 1), newest - DAY * (WINDOW_DAYS - 1))
    return DayRange(seen.day - DAY * (WINDOW_DAYS - 1), newest), DayRange(first, seen.observed_at.date())


def _fitted(seen: Sequence[SeenList], totals: Mapping[date, int], days: DayRange) -> DataFrame:
    steady = [_fixed(*each) for each in STEADY]
    if all(each.views_answer for each in seen):
        steady.append(_as_views)
    for readings in (steady, [_fixed(*each) for each in VARYING]):
        fitting = []
        for reading in readings:
            listings = [_listing(each, reading) for each in seen]
            if not Stretch(listings, totals, days, QUICK_LOOK).contradicts_itself:
                whole = Stretch(listings, totals, days)
                fitting += [] if whole.contradicts_itself else [whole.rows()]
        if fitting:
            return reduce(_either, fitting)
    return Stretch([_listing(each, widest) for each in seen], totals, days).rows()


def _with_lateness(seen: Sequence[SeenList]) -> list[SeenList]:
    """The lists by time, each with the days by which it may be late: as long as it is the same, and so may the next."""
    lists: list[SeenList] = []
    was_same = False
    for each in sorted(seen, key=lambda one: one.observed_at):
        same = bool(lists) and lists[-1].views == each.views
        late = lists[-1].late * was_same if lists else 0
        if same:
            late = min(lists[-1].late + (each.day - lists[-1].day).days, MOST_LATE)
        lists.append(replace(each, late=late))
        was_same = same
    return lists


def _fixed(sure: tuple[int, int], possible: tuple[int, int]) -> Reading:
    def windows(seen: SeenList) -> Windows:
        surely = DayRange(seen.day - sure[0] * DAY, seen.oldest_day - sure[1] * DAY)
        return surely, DayRange(seen.oldest_day - possible[0] * DAY, seen.day - possible[1] * DAY)

    return windows


def _as_views(seen: SeenList) -> Windows:
    """The same days as the views that were answered at that time."""
    assert seen.views_answer is not None, "a reading only where all are known"
    return seen.views_answer, seen.views_answer


def _listing(seen: SeenList, reading: Reading) -> Listing:
    return Listing(*reading(seen), seen.views)


def _either(one: DataFrame, other: DataFrame) -> DataFrame:
    both = one.merge(other, on=["name", "day"], suffixes=("", "_other"))
    both["low"] = both[["low", "low_other"]].min(axis=1)
    both["high"] = both[["high", "high_other"]].max(axis=1, skipna=False)
    both["contradicted"] |= both["contradicted_other"]
    return both[list(one.columns)]


def _sum(totals: Mapping[date, int], days: DayRange) -> int | None:
    """All views of the days; None where one is unknown."""
    known = [totals.get(day) for day in days.days()]
    return None if None in known else sum(views for views in known if views)
