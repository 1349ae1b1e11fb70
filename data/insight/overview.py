"""What has changed clearly between a period and the one before."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from pandas import DataFrame

from data.accounts.models import Viewer
from data.store import Store
from data.store.arrow import plain_values
from data.store.cache import cached
from data.traffic.models import Selection
from data.traffic.traffic import LEAST_SHARE, day_range, repository_sums

MOVING = ("views", "clones", "stars")
FEWEST = 20  # in the greater of two periods: from 2 to 6 is not called tripled
LEAST_CHANGE = 0.1  # of the smaller one
LEAST_SCORE = 5.0  # standard errors of the difference, if each request came by itself
FIRST_DAYS = """
select repository_id, min(day)
from v_daily
where repository_id in (select unnest($repository_ids::integer[])) and views is not null
group by repository_id
"""


@dataclass(frozen=True, slots=True)
class Mover:
    """A repository whose count has changed: of `days` days that are final now and were final before. Of a newcomer,
    which has too few days before to be compared, `before` is None and `now` is of its known days, `days` of final ones.

    `metric` is views, clones or stars. `score` is the change in standard errors of the difference of two counts.
    """

    repository_id: int
    full_name: str
    metric: str
    now: int
    before: int | None
    days: int
    score: float

    @property
    def change(self) -> int:
        return self.now - (self.before or 0)


@cached("traffic")
def selection_movers(viewer: Viewer, store: Store, selection: Selection) -> tuple[Mover, ...]:
    """What has changed among the selected repositories, newcomers included, the clearest change first.

    Raises: StoreMissing.
    """
    days = selection.days
    rows = repository_sums(viewer, store, selection)
    before = selection.first - timedelta(days=selection.before_days or days)
    chosen = (
        viewer
        if selection.repository_ids is None
        else Viewer(frozenset(selection.values(viewer)["visible"]), viewer.tenant_ids)
    )
    known = day_range(chosen, store)
    earliest = max(before, known[0]) if known else before  # on a new server all are new: no news
    new = _known_since(store, newcomers(rows, days), earliest, imports=selection.imports)
    return tuple(_clearest(movers(rows, days) + new))


def _known_since(store: Store, movers: list[Mover], day: date, *, imports: bool) -> list[Mover]:
    """Those of which no day is known up to that one."""
    if not movers:
        return []
    with store.traffic.read(with_imports=imports) as cursor:
        values = {"repository_ids": [each.repository_id for each in movers]}
        first_days = dict(cursor.execute(FIRST_DAYS, values).fetchall())
    return [each for each in movers if first_days[each.repository_id] > day]


def movers(rows: DataFrame, days: int) -> list[Mover]:
    """What has changed among the rows of `repository_sums` of a selection of so many days, the clearest change first.

    Two counts are compared as two Poisson counts are: their difference in standard errors, (now - before) / sqrt(now +
    before), which lets neither a tiny repository's doubling nor a large one's usual sway come first (Przyborowski and
    Wilenski 1940, "Homogeneity of results in testing samples from Poisson series"). Requests come in bursts, so the
    bar is high, and a change of few requests, of little, or of few days is none.
    """
    every = []
    keys, names = rows["repository_id"].to_numpy(np.int64), rows["full_name"].to_numpy(object)
    for metric in MOVING:
        now, before, compared = (
            rows[f"{metric}_{part}"].to_numpy(np.int64, na_value=0) for part in ("compared", "before", "days")
        )
        change = now - before
        score = change / np.sqrt(np.maximum(now + before, 1))
        clear = (compared >= LEAST_SHARE * days) & (np.maximum(now, before) >= FEWEST)
        clear &= (np.abs(change) >= LEAST_CHANGE * before) & (np.abs(score) >= LEAST_SCORE)
        columns = (keys, names, now, before, compared, score)
        for key, name, *counts in zip(*(column[clear].tolist() for column in columns), strict=True):
            every.append(Mover(key, name, metric, *counts))
    return _clearest(every)


def newcomers(rows: DataFrame, days: int) -> list[Mover]:
    """The repositories that have too few days before to compare with: against nothing."""
    columns = ("repository_id", "full_name", "views", "views_days", "final_days")
    return [
        Mover(key, name, "views", now, None, final_days, now**0.5)
        for key, name, now, compared, final_days in zip(*(plain_values(rows[each]) for each in columns), strict=True)
        if compared < LEAST_SHARE * days and (now or 0) >= max(FEWEST, LEAST_SCORE**2)
    ]


def _clearest(movers: list[Mover]) -> list[Mover]:
    return sorted(movers, key=lambda each: (-abs(each.score), each.full_name, each.metric))
