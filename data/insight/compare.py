"""The readers behind the comparison: repositories on the same days, and launches aligned at their day 0.

Every reader shows the repositories of its viewer only, and answers another tenant's as one that is not there. Unknown
is NULL (pandas.NA, NaN), never zero, and nothing is added up over a day that is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas import DataFrame

from data.accounts.models import Viewer
from data.dashboards import panels
from data.insight.events import final_days, usual
from data.insight.notes import notes
from data.repositories.repositories import repositories
from data.store import Store
from data.store.arrow import arrow_columns, ask, frame, numpy_values
from data.store.cache import cached
from data.store.sql import query
from data.traffic.models import Grain, Selection
from data.traffic.traffic import LEAST_SHARE, series

MOST_REPOSITORIES = 8  # beside each other
MOST_LAUNCHES = 8
MOST_OFFERED = 300
Groups = tuple[tuple[str, tuple[int, ...]], ...]  # names with their members
WORST_LAST = ("final", "partial", "pending", "gap")
_PANELS = {"views": "views", "view_uniques": "visitors", "clones": "clones", "clone_uniques": "cloners"}
EARLIER = pa.schema(
    {
        "full_name": pa.string(),
        "period": pa.date32(),
        "value": pa.float64(),
        "first_day": pa.date32(),
        "last_day": pa.date32(),
        "gaps": pa.int64(),
    }
)
COUNTS = ("views", "clones", "stars")  # what is followed from a launch on
PATTERN_DAYS = 56  # before the day before the launch: eight weeks


class Measure(StrEnum):
    """What repositories are compared by, a period; stars are those gained."""

    VIEWS = "views"
    VISITORS = "view_uniques"
    CLONES = "clones"
    CLONERS = "clone_uniques"
    STARS = "stars"


UNIQUES = {Measure.VISITORS, Measure.CLONERS}  # people, who are never added up


@dataclass(frozen=True, slots=True)
class Launch:
    """A day from which on a repository is followed, and what happened then ('' for a day of one's own choice)."""

    repository_id: int
    full_name: str
    day: date
    what: str = ""


@cached("traffic")
def beside(
    viewer: Viewer,
    store: Store,
    selection: Selection,
    measure: Measure,
    grain: Grain,
    *,
    most: int = MOST_REPOSITORIES,
) -> DataFrame:
    """The selected repositories on the same periods: so many of those with the most views, by name.

    Rows: repository_id, full_name, period (as in traffic.series), value, state (final, pending, gap). Visitors are
    GitHub's own count of the period: of a day, or of a week that it counted as a whole; else they are unknown, and
    never a sum of days. Source: as traffic.series; star_history. Raises: StoreMissing.
    """
    only = _narrowed(viewer, store, selection, most)
    if measure is Measure.STARS:
        values = only.values(viewer) | {"grain": grain.value}
        return frame(ask(store, query(__name__, "stars"), only.today, values))
    rows = series(viewer, store, only, grain, measure.value)
    columns = {name: rows[name] for name in ("repository_id", "full_name", "period", "value", "state")}
    columns["value"] = rows["value"].mask(numpy_values(rows["kind"]) == "sum_of_days")
    found = arrow_columns(columns)
    return frame(found.filter(found.column("repository_id").is_valid()))


@cached("traffic")
def beside_groups(
    viewer: Viewer, store: Store, selection: Selection, measure: Measure, grain: Grain, *, groups: Groups
) -> DataFrame:
    """Groups of repositories, each as one, on the same periods: the eight with the most.

    Rows: as in `beside`, under the group's name, repository_id that of its only member (NULL: it has several). A value
    is what its members have together: of visitors a sum, so that who visits two of them is counted twice.
    Source: as panels.traffic.sql; star_history. Raises: StoreMissing.
    """
    visible = selection.values(viewer)["visible"]
    pairs = [(key, name) for name, members in groups for key in members if key in visible]
    values: dict[str, Any] = {"first_day": selection.first, "last_day": selection.last}
    values["visible"] = sorted({key for key, _ in pairs})
    if measure is Measure.STARS:
        rows = frame(ask(store, query(__name__, "stars"), selection.today, values | {"grain": grain.value}))
        named = rows.drop(columns="full_name").merge(DataFrame(pairs, columns=["repository_id", "name"]))
        worst = named["state"].map(WORST_LAST.index).groupby([named["name"], named["period"]]).max()
        rows = named.groupby(["name", "period"])["value"].sum(min_count=1).reset_index()
        rows["state"] = [WORST_LAST[each] for each in worst]
    else:
        values |= {"measure": _PANELS[measure], "by": grain.value, "most": MOST_REPOSITORIES}
        values |= {"visible": [key for key, _ in pairs], "groups": [name for _, name in pairs]}
        values |= {"true_uniques": grain is Grain.WEEK, "with_total": False}
        rows = frame(ask(store, query(panels.__name__, "traffic"), selection.today, values))
        if measure is Measure.VISITORS and grain is Grain.MONTH:
            rows["value"] = None
    single = {name: members[0] for name, members in groups if len(members) == 1}
    found = rows.rename(columns={"name": "full_name"})
    found["repository_id"] = [single.get(name) for name in found["full_name"]]
    return found[["repository_id", "full_name", "period", "value", "state"]]


@cached("traffic")
def beside_before(
    viewer: Viewer,
    store: Store,
    selection: Selection,
    measure: Measure,
    grain: Grain,
    *,
    groups: Groups = (),
    most: int = MOST_REPOSITORIES,
) -> pa.Table:
    """What each of `beside`, or of `beside_groups`, had on the days with which the selection is compared, by the
    selection's periods: each has the days that lie as long before its own.

    Rows: those of EARLIER, as Arrow: the value is unknown of less than half of the days, the gaps are days that are not
    known. There are none where nothing is compared, nor of people but for days and whole weeks. Raises: StoreMissing.
    """
    before = selection.counterpart
    later = (selection.first - before.first).days if before else 0
    by_week = measure in UNIQUES and grain is Grain.WEEK
    if before is None or (measure in UNIQUES and grain is not Grain.DAY and not (by_week and later % 7 == 0)):
        return EARLIER.empty_table()
    own = Grain.WEEK if by_week else Grain.DAY
    if groups:
        rows = beside_groups(viewer, store, before, measure, own, groups=groups)
    else:
        same = replace(_narrowed(viewer, store, selection, most), first=before.first, last=before.last)
        rows = beside(viewer, store, same, measure, own, most=most)
    names, days, values, states = (numpy_values(rows[name]) for name in ("full_name", "period", "value", "state"))
    known = ~np.isnan(values) & (states != "gap")
    distinct, of = np.unique(days[known], return_inverse=True)
    periods = np.array([grain.first_day(day) for day in (distinct + later).tolist()], dtype="datetime64[D]")
    columns = {"full_name": names[known], "period": periods[of], "value": values[known], "day": days[known]}
    grouped = arrow_columns(columns).group_by(["full_name", "period"], use_threads=False)
    found = grouped.aggregate([("value", "sum"), ("day", "min"), ("day", "max"), ("day", "count")])
    period, value, first, last, count = (
        found.column(name).to_numpy() for name in ("period", "value_sum", "day_min", "day_max", "day_count")
    )
    if by_week:
        last, wanted = last + 6, count
    else:
        ends = {day: (max(day, selection.first), min(grain.last_day(day), selection.last)) for day in periods.tolist()}
        days_of = {day: (end - begin).days + 1 for day, (begin, end) in ends.items()}
        wanted = np.array([days_of[day] for day in period.tolist()], dtype=np.int64)
    value = pa.array(value, mask=count < LEAST_SHARE * wanted)
    return pa.table([found.column("full_name"), period, value, first, last, wanted - count], schema=EARLIER)


def _narrowed(viewer: Viewer, store: Store, selection: Selection, most: int) -> Selection:
    """The selection of so many of its repositories as are beside each other, with no search."""
    chosen = selection.repository_ids
    if chosen is None or len(chosen) > most or selection.search:
        chosen = frozenset(largest(viewer, store, selection, most=most))
    return replace(selection, repository_ids=chosen, search="")


@cached("traffic")
def largest(viewer: Viewer, store: Store, selection: Selection, *, most: int = MOST_REPOSITORIES) -> tuple[int, ...]:
    """The ids of the selected repositories with the most views of the selected days, so many, the largest first.

    Those of which nothing at all is known come last. Source: v_daily. Raises: StoreMissing.
    """
    values = selection.values(viewer) | {"search": selection.search, "most": most}
    rows = ask(store, query(__name__, "largest"), selection.today, values, imports=selection.imports)
    return tuple(rows["repository_id"].to_pylist())


def medians(rows: DataFrame) -> Mapping[str, float]:
    """The median of final periods of each name in the rows of `beside` that has one above 0."""
    final = rows.loc[rows["state"] == "final", "value"].astype("float64")
    found = final.groupby(rows["full_name"]).median()
    return {str(name): median for name, median in found.items() if median > 0}


def indexed(rows: DataFrame) -> DataFrame:
    """The rows of `beside`, with each value in percent of its own median of final periods; unknown without one."""
    return rows.assign(
        value=100 * rows["value"].astype("float64") / rows["full_name"].map(medians(rows)).astype("float64")
    )


@cached("traffic")
def launches(viewer: Viewer, store: Store, repository_ids: frozenset[int], today: date) -> tuple[Launch, ...]:
    """What may have been a launch of these repositories: their releases and notes, the newest first.

    A note of a whole tenant is one of each of its repositories. Several of a day are one launch. Raises: StoreMissing.
    """
    visible = repository_ids & viewer.repository_ids
    with store.traffic.read() as cursor:
        values = {"visible": sorted(visible), "most": MOST_OFFERED}
        released = cursor.execute(query(__name__, "releases"), values).fetchall()
    chosen = [each for each in repositories(viewer, store) if each.repository_id in visible]
    noted = [
        (about.repository_id, about.full_name, each.day, each.note)
        for each in notes(viewer, store, date.min, today)
        for about in chosen
        if each.repository_id == about.repository_id
        or (each.repository_id is None and each.tenant_id == about.tenant_id)
    ]
    found: dict[tuple[int, date], list[Launch]] = {}
    for key, name, day, what in chain(released, noted):
        found.setdefault((key, day), []).append(Launch(key, name, day, what))
    together = [Launch(k, of[0].full_name, day, "; ".join(each.what for each in of)) for (k, day), of in found.items()]
    return tuple(sorted(together, key=lambda each: (each.day, each.full_name), reverse=True)[:MOST_OFFERED])


@cached("traffic")
def aligned(
    viewer: Viewer, store: Store, launches: tuple[Launch, ...], days: int, today: date, *, imports: bool = True
) -> DataFrame:
    """What came from each launch on, day by day, beside what was usual for its repository before.

    Rows: launch (its place among those wanted), offset (0 on its day, up to `days`), metric (of COUNTS), value, usual,
    total and usual_total (both from day 0 on; NaN from the first day on that is not known). A value is NaN unless
    final. Usual is the median of the same weekday among the 56 days before the day before the launch; NaN where of a
    weekday fewer than four are final. Raises: StoreMissing.
    """
    parts = [_followed(viewer, store, each, days, today, imports=imports) for each in launches]
    rows = [part.assign(launch=place) for place, part in enumerate(parts)]
    return pd.concat(rows, ignore_index=True) if rows else DataFrame(columns=["launch", "offset", "metric"])


def lifts(rows: DataFrame, days: int) -> DataFrame:
    """What each launch has brought until day `days`, of its final days against the same days as they are usual.

    In: the rows of `aligned`. Rows: launch, metric, total, usual, lift (total less usual), known (days that are final
    and have a usual count), days (from day 0 to `days`). Unknown where no day is known.
    """
    until = rows[rows["offset"] <= days]
    both = until["value"].notna() & until["usual"].notna()
    grouped = until.assign(value=until["value"].where(both), usual=until["usual"].where(both), known=both).groupby(
        ["launch", "metric"], sort=False
    )
    found = DataFrame(
        {
            "total": grouped["value"].sum(min_count=1),
            "usual": grouped["usual"].sum(min_count=1),
            "known": grouped["known"].sum(),
            "days": grouped.size(),
        }
    ).reset_index()
    return found.assign(lift=found["total"] - found["usual"])


def _followed(viewer: Viewer, store: Store, launch: Launch, days: int, today: date, *, imports: bool) -> DataFrame:
    first, last = launch.day - timedelta(days=PATTERN_DAYS + 1), launch.day + timedelta(days=days)
    known = final_days(viewer, store, Selection(first, last, today, frozenset({launch.repository_id}), imports=imports))
    after = known[launch.day :]
    expected = usual(known[: launch.day - timedelta(days=2)], list(after.index))
    parts = []
    for metric in COUNTS:
        value, normal = after[metric].to_numpy(), expected[metric].to_numpy()
        numbers = {"value": value, "usual": normal, "total": np.cumsum(value), "usual_total": np.cumsum(normal)}
        parts.append(DataFrame({"offset": np.arange(days + 1), "metric": metric, **numbers}))
    return pd.concat(parts, ignore_index=True)
