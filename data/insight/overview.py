"""What has changed clearly between a period and the one before."""

from dataclasses import dataclass
from math import sqrt

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


@cached("traffic")
def selection_movers(viewer: Viewer, store: Store, selection: Selection) -> tuple[Mover, ...]:
    """What has changed among the selected repositories, the clearest change first. Raises: StoreMissing."""
    return tuple(movers(repository_sums(viewer, store, selection), (selection.last - selection.first).days + 1))


def movers(rows: DataFrame, days: int) -> list[Mover]:
    """What has changed among the rows of `repository_sums` of a selection of so many days, the clearest change first.

    Two counts are compared as two Poisson counts are: their difference in standard errors, (now - before) / sqrt(now +
    before), which lets neither a tiny repository's doubling nor a large one's usual sway come first (Przyborowski and
    Wilenski 1940, "Homogeneity of results in testing samples from Poisson series"). Requests come in bursts, so the
    bar is high, and a change of few requests, of little, or of few days is none.
    """
    found = []
    for metric in MOVING:
        columns = ["repository_id", "full_name", f"{metric}_compared", f"{metric}_before", f"{metric}_days"]
        enough = rows[columns[2:4]].max(axis=1).fillna(0) >= FEWEST
        candidates = rows.loc[enough & (rows[f"{metric}_days"] >= LEAST_SHARE * days), columns]
        for key, name, now, before, compared in candidates.itertuples(index=False):
            mover = Mover(int(key), str(name), metric, int(now), int(before), int(compared), _score(now, before))
            if _is_clear(mover):
                found.append(mover)
    return sorted(found, key=lambda each: (-abs(each.score), each.full_name, each.metric))


def _score(now: int, before: int) -> float:
    return (now - before) / sqrt(now + before) if now + before else 0.0


def _is_clear(mover: Mover) -> bool:
    return abs(mover.change) >= LEAST_CHANGE * mover.before and abs(mover.score) >= LEAST_SCORE
