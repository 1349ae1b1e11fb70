"""What has changed clearly between a period and the one before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.store import Store
from data.store.cache import cached
from data.traffic.models import Selection
from data.traffic.traffic import LEAST_SHARE, repository_sums

MOVING = ("views", "clones", "stars")
FEWEST = 20  # in the greater of two periods: from 2 to 6 is not called tripled
LEAST_CHANGE = 0.1  # of the smaller one
LEAST_SCORE = 5.0  # standard errors of the difference, if each request came by itself
FIRST_DAYS = """
select repository_id, min(day)
from daily_traffic
where repository_id in (select unnest($visible::integer[])) and views is not null
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
    with store.traffic.read() as cursor:
        first_days = dict(cursor.execute(FIRST_DAYS, {"visible": selection.values(viewer)["visible"]}).fetchall())
    before = selection.first - timedelta(days=selection.before_days or days)
    earliest = max(before, min(first_days.values(), default=before))  # on a new server all are new: no news
    found = movers(rows, days) + newcomers(rows, days, {key: day for key, day in first_days.items() if day > earliest})
    return tuple(_clearest(found))


def movers(rows: DataFrame, days: int) -> list[Mover]:
    """What has changed among the rows of `repository_sums` of a selection of so many days, the clearest change first.

    Two counts are compared as two Poisson counts are: their difference in standard errors, (now - before) / sqrt(now +
    before), which lets neither a tiny repository's doubling nor a large one's usual sway come first (Przyborowski and
    Wilenski 1940, "Homogeneity of results in testing samples from Poisson series"). Requests come in bursts, so the
    bar is high, and a change of few requests, of little, or of few days is none.
    """
    found = []
    for metric in MOVING:
        now, before, compared = (
            rows[f"{metric}_{part}"].to_numpy(np.int64, na_value=0) for part in ("compared", "before", "days")
        )
        change = now - before
        score = change / np.sqrt(np.maximum(now + before, 1))
        clear = (compared >= LEAST_SHARE * days) & (np.maximum(now, before) >= FEWEST)
        clear &= (np.abs(change) >= LEAST_CHANGE * before) & (np.abs(score) >= LEAST_SCORE)
        for place in np.flatnonzero(clear).tolist():
            key, name = rows["repository_id"].iat[place], rows["full_name"].iat[place]
            counts = (int(now[place]), int(before[place]), int(compared[place]))
            found.append(Mover(int(key), str(name), metric, *counts, float(score[place])))
    return _clearest(found)


def newcomers(rows: DataFrame, days: int, since: Mapping[int, date]) -> list[Mover]:
    """The repositories that are known only `since` a day in the days before, as far as these are too few to compare
    with: against nothing.
    """
    found = []
    for row in rows[rows["repository_id"].isin(list(since))].to_dict("records"):
        now = 0 if pd.isna(row["views"]) else int(row["views"])
        if row["views_days"] < LEAST_SHARE * days and now >= max(FEWEST, LEAST_SCORE**2):
            name = str(row["full_name"])
            found.append(Mover(int(row["repository_id"]), name, "views", now, None, int(row["final_days"]), now**0.5))
    return found


def _clearest(found: list[Mover]) -> list[Mover]:
    return sorted(found, key=lambda each: (-abs(each.score), each.full_name, each.metric))
