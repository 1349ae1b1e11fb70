"""What GitHub's rolling top-10 lists surely say about single days. Pure.

GitHub lists the ten names (referrers, or paths) with the most views of about 14 days, anew each day. How a name's sum
is spread over its days it never tells. So a day gets no estimate here but two bounds, between which it surely lies:

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

GitHub revises, and does not tell which days a list covers (listing_windows.py finds out). Sums that cannot all
be true are a cycle of negative length: then no list on that cycle is believed for that name, and its days are marked as
contradicted.

Unique visitors are not additive, so nothing follows for them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame

from data.calendar import DAY, DayRange
from data.insight.negative_cycles import Edge, negative_cycle

LONGEST_LIST = 10
STRETCH_DAYS = 60
MARGIN_DAYS = 30  # whose lists still tell something of a stretch: twice a window
COLUMNS = ("name", "day", "low", "high", "contradicted")

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of one day: the 14-day sum of each name in it, all days that these surely cover, and all they may."""

    sure: DayRange
    possible: DayRange
    views: Mapping[str, int]


def daily_bounds(listings: Sequence[Listing], totals: Mapping[date, int], days: DayRange) -> DataFrame:
    """Between what the views of each name lie, on each of the days that a list with that name may cover.

    `totals` has all views of each day whose count is final. Rows, by name and day: name, day (date), low, high
    (integers; high is NA where nothing limits it), contradicted.
    """
    return joined(Stretch(listings, totals, part).rows() for part in stretches(days))


def stretches(days: DayRange) -> list[DayRange]:
    """The days in parts that are worked out one by one."""
    starts = days.days()[::STRETCH_DAYS]
    return [DayRange(start, min(start + DAY * (STRETCH_DAYS - 1), days.last)) for start in starts]


def joined(parts: Iterable[DataFrame]) -> DataFrame:
    """The rows of all parts, by name and day."""
    return pd.concat(parts).sort_values(["name", "day"], ignore_index=True)


class Stretch:
    """Some days with a margin on either side, and the lists that tell something of them."""

    def __init__(
        self, listings: Sequence[Listing], totals: Mapping[date, int], days: DayRange, most_names: int | None = None
    ) -> None:
        """As daily_bounds; of only so many names, those listed most often, where a quick look is enough."""
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
        self._broken = np.diagonal(self._paths, axis1=1, axis2=2).min(axis=1, initial=0) < 0

    @property
    def contradictions(self) -> int:
        """Of how many names the sums cannot all be true."""
        return int(self._broken.sum())

    @property
    def contradicts_itself(self) -> bool:
        """Whether the sums cannot all be true."""
        return bool(self._refuted or self._broken.any() or (_lows(self._paths).sum(axis=0) > self._views).any())

    def rows(self) -> DataFrame:
        """As daily_bounds; the margin's are left out."""
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
        for name in np.flatnonzero(self._broken):
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
        edges = (
            [Edge(sure.start, sure.stop, most[place], place)]
            if sure.start < sure.stop and np.isfinite(most[place])
            else []
        )
        if self._is_whole(self._listings[place].possible):
            edges.append(Edge(possible.stop, possible.start, -least[place], place))
        return edges

    def _covered(self) -> Mask:
        """For each name, the asked days that a list with it may cover."""
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
    """The least of each day, for each name."""
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
