"""The readers behind the overview: each repository beside the period before, what all add up to, and what moved.

Every reader shows the repositories of its viewer only. Unknown is NULL (pandas.NA), never zero; only final days count.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight import overview_sums
from data.store import Store
from data.store.sql import query
from data.traffic.models import Selection
from data.traffic.traffic_days import Board, Numbers, boards, day_of
from data.traffic.traffic_series import LEAST_SHARE, comparable

MOVING = ("views", "clones", "stars")
FEWEST = 20  # in the greater of two periods: from 2 to 6 is not called tripled
LEAST_CHANGE = 0.1  # of the smaller one
LEAST_SCORE = 5.0  # standard errors of the difference, if each request came by itself
SLICES = ((92, 1), (731, 7))  # days of a sparkline, and of each of its points; a longer one has points of 30 days
LONG_SLICE = 30


@dataclass(frozen=True, slots=True)
class Mover:
    """A repository whose count has changed: of `days` days that are final now and were final before.

    `metric` is views, clones or stars. `score` is the change in standard errors of the difference of two counts.
    """

    repository_id: int
    full_name: str
    metric: str
    now: int
    before: int
    days: int
    score: float

    @property
    def change(self) -> int:
        """How many more, or fewer."""
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class Total:
    """What the final days of a period add up to, and what those of them that were final in the period before, too,
    add up to now (`compared`) and did before. None: no such day is known.
    """

    value: int | None
    compared: int | None
    before: int | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What the days of several repositories add up to.

    `visitor_days` and `cloner_days` add up daily uniques: who came on three days counts thrice. Stars are gained ones.
    `final_days`, `compared_days` and `gap_days` count days of repositories: those whose views are final, those whose
    counterpart in the period before is final too, those on which views or clones are a gap.
    """

    views: Total
    visitor_days: Total
    clones: Total
    cloner_days: Total
    stars: Total
    final_days: int
    compared_days: int
    gap_days: int

    @property
    def comparable(self) -> bool:
        """Whether enough of the days before are known for a change to say something."""
        return comparable(self.compared_days, self.final_days)


def repositories(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The selected repositories with what their final days add up to, by name.

    Rows: repository_id, full_name, views, visitor_days, clones, cloner_days (daily uniques added up), stars (gained);
    for each of these <name>_compared and <name>_before, the sums of the days that are final both in the selection and
    just before it; views_days, clones_days and stars_days, how many these are; final_days (of views), gap_days (of
    views or clones); sparkline (a list of views a day, known slices only, oldest first).
    Source: what v_daily tells, star_history. Raises: StoreMissing.
    """
    size = slice_days((selection.last - selection.first).days + 1)
    found, ranks = [], []
    for board in boards(viewer, store, selection):
        found.append(overview_sums.rows(board, _stars(store, board, selection), selection, size))
        ranks.append(board.name_ranks)
    ordered = pa.concat_tables(found).take(np.argsort(np.concatenate(ranks)))
    return ordered.to_pandas(types_mapper=pd.ArrowDtype)


def _stars(store: Store, board: Board, selection: Selection) -> Numbers:
    first, last = overview_sums.stretch(selection, board.today)
    values = {"visible": board.ids.tolist(), "first_day": day_of(first), "last_day": day_of(last)}
    with store.traffic.read() as cursor:
        rows = cursor.execute(query(__name__, "stars"), values).fetchnumpy()
    columns = (rows[name].astype(np.int64) for name in ("repository_id", "place", "stars"))
    of, places, stars = columns
    return np.stack((np.searchsorted(board.ids, of), places, stars))


def slice_days(days: int) -> int:
    """How many days a point of a sparkline over so many days stands for."""
    return next((each for longest, each in SLICES if days <= longest), LONG_SLICE)


def totals(rows: DataFrame) -> Totals:
    """What all rows of `repositories` add up to."""
    views, visitors, clones, cloners, stars = (
        Total(*(_sum(rows[f"{name}{part}"]) for part in ("", "_compared", "_before")))
        for name in ("views", "visitor_days", "clones", "cloner_days", "stars")
    )
    days = (int(rows[name].sum()) for name in ("final_days", "views_days", "gap_days"))
    return Totals(views, visitors, clones, cloners, stars, *days)


def movers(rows: DataFrame, days: int) -> list[Mover]:
    """What has changed among the rows of `repositories` of a selection of so many days, the clearest change first.

    Two counts are compared as two Poisson counts are: their difference in standard errors, (now - before) / sqrt(now +
    before), which lets neither a tiny repository's doubling nor a large one's usual sway come first (Przyborowski and
    Wilenski 1940, "Homogeneity of results in testing samples from Poisson series"). Requests come in bursts, so the
    bar is high, and a change of few requests, of little, or of few days is none.
    """
    found = []
    for metric in MOVING:
        columns = ["repository_id", "full_name", f"{metric}_compared", f"{metric}_before", f"{metric}_days"]
        candidates = rows.loc[rows[f"{metric}_days"] >= LEAST_SHARE * days, columns]
        for key, name, now, before, compared in candidates.itertuples(index=False):
            mover = Mover(int(key), str(name), metric, int(now), int(before), int(compared), _score(now, before))
            if _is_clear(mover):
                found.append(mover)
    return sorted(found, key=lambda each: (-abs(each.score), each.full_name, each.metric))


def _score(now: int, before: int) -> float:
    return (now - before) / sqrt(now + before) if now + before else 0.0


def _is_clear(mover: Mover) -> bool:
    enough = max(mover.now, mover.before) >= FEWEST
    return enough and abs(mover.change) >= LEAST_CHANGE * mover.before and abs(mover.score) >= LEAST_SCORE


def _sum(numbers: "pd.Series[int]") -> int | None:
    known = numbers.dropna()
    return int(known.sum()) if len(known) else None
