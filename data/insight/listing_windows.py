"""Which days a top-10 list covers. Pure.

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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import reduce

from pandas import DataFrame

from data.calendar import DAY, WINDOW_DAYS, DayRange
from data.insight.bounds import Listing, Stretch, joined, stretches

CHANGES_FROM = time(5)  # UTC
STEADY = (((13, 1), (13, 1)), ((14, 1), (14, 1)), ((14, 2), (14, 2)), ((15, 2), (15, 2)))
VARYING = (((13, 2), (14, 1)), ((14, 2), (15, 1)))
"""Readings: the days that are surely covered, and those that may be, each from so many to so many days before."""
MOST_LATE = 2  # days: views have been seen to come so much later than on the day after
QUICK_LOOK = 3  # names, which refute nearly every wrong reading

Windows = tuple[DayRange, DayRange]
Reading = Callable[["SeenList"], Windows]


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
    """Between what the views of each name lie, whichever days the lists cover; rows as of bounds.

    It holds as long as the lists of two months all cover the same days, counted from their own day or from the one on
    which they last changed, or contradict each other.
    """
    told = _with_lateness(seen)
    return joined(_fitted(told, totals, part) for part in stretches(days))


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
    told: list[SeenList] = []
    was_same = False
    for each in sorted(seen, key=lambda one: one.observed_at):
        same = bool(told) and told[-1].views == each.views
        late = told[-1].late * was_same if told else 0
        if same:
            late = min(told[-1].late + (each.day - told[-1].day).days, MOST_LATE)
        told.append(replace(each, late=late))
        was_same = same
    return told


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
    """The bounds that hold whichever of two readings is right."""
    both = one.merge(other, on=["name", "day"], suffixes=("", "_other"))
    both["low"] = both[["low", "low_other"]].min(axis=1)
    both["high"] = both[["high", "high_other"]].max(axis=1, skipna=False)
    both["contradicted"] |= both["contradicted_other"]
    return both[list(one.columns)]


def _sum(totals: Mapping[date, int], days: DayRange) -> int | None:
    """All views of the days; None where one is unknown."""
    known = [totals.get(day) for day in days.days()]
    return None if None in known else sum(views for views in known if views)
