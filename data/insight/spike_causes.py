"""Spikes explained: the days that stand out, each with what is known of that time. Readers, the viewer first.

What stands out: spikes.py, on final days only. What may have made it is a list of facts, the likeliest first:
notes of that day, referrers and paths whose 14-day sums rose over it, releases from the day before to the day after,
and stars.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from math import sqrt
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight.listing_bounds import path_bounds, referrer_bounds
from data.insight.notes import notes
from data.insight.spike_facts import Cause, Listed, Noted, Released, Starred
from data.insight.spikes import LEAST_COUNT, OFFSET, STANDS_OUT, expectation
from data.store import Store
from data.store.sql import query
from data.traffic.models import Selection

MOST_SERIES = 400  # that are looked at closely: all of 200 repositories
DAYS_BEFORE = timedelta(days=70)  # what is usual on a day follows from so many days before it
DAYS_AFTER = timedelta(days=42)  # and from so many after it, where they have come
LEAST_SHARE = 0.05  # of what the day had more than expected: a name that gained less explains nothing
NOT_KNOWN_SHARE = 0.1  # of a name never seen before, where no list of before is there to compare
NEWCOMER = 0.25  # is added for a name that was not in the list before
WEIGHT_OF = {"referrer": 1.0, "path": 0.4}  # a path is where they went, not why
MOST_OF_A_KIND = 5
MOST_WITH_BOUNDS = 6
METRICS = ("views", "clones")
COLUMNS = ("repository_id", "full_name", "day", "metric", "value", "expected", "score", "causes")

Key = tuple[int, date]
Causes = dict[Key, list[Cause]]


def spikes(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The rows of spikes_found, each with its causes. Raises: StoreMissing."""
    return explained(viewer, store, spikes_found(viewer, store, selection))


def spikes_found(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The days of the selection on which views or clones of a repository stand out upwards, the greatest score first.

    Rows: repository_id, full_name, day (date), metric (views or clones), value, expected, score. Of more than 200
    repositories only the 400 series are looked at that have the days furthest above their own mean;
    `attrs["left_out"]` is how many others there are. Raises: StoreMissing.
    """
    chosen = viewer.repository_ids
    if selection.repository_ids is not None:
        chosen &= selection.repository_ids
    with store.traffic.read() as cursor:
        named = _chosen(cursor, chosen, selection.search)
        found, left_out = _outstanding(cursor, sorted(named), selection)
    found.insert(1, "full_name", [named[key][1] for key in found["repository_id"]])
    found.attrs["left_out"] = left_out
    return found


def explained(viewer: Viewer, store: Store, found: DataFrame) -> DataFrame:
    """The rows of spikes_found, or some of them, with a further column: causes, a list of spike_facts.Cause, the
    likeliest first. What the viewer may not see is left out. Raises: StoreMissing.
    """
    found = found[found["repository_id"].isin(viewer.repository_ids)].copy()
    with store.traffic.read() as cursor:
        named = _chosen(cursor, found["repository_id"].tolist())
        causes = [_listed(cursor, found), _released(cursor, found), _starred(cursor, found)]
    causes.append(_noted(viewer, store, found, {key: tenant for key, (tenant, _) in named.items()}))
    found["causes"] = pd.Series([_ranked(row, causes) for row in found.itertuples()], index=found.index, dtype="object")
    return found


def spikes_of(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The same of the one repository that is selected, the oldest day first.

    Of the days that stand out the most, the causes also know the bounds of the views on the day itself. A stranger's
    repository has none, like one that is not there. Raises: StoreMissing.
    """
    found = spikes(viewer, store, selection)
    (repository_id,) = selection.repository_ids or (0,)
    of_views = found[found["metric"] == "views"].head(MOST_WITH_BOUNDS)
    for place, day in of_views["day"].items():
        bounds = {
            "referrer": referrer_bounds(viewer, store, repository_id, day, day),
            "path": path_bounds(viewer, store, repository_id, day, day),
        }
        found.at[place, "causes"] = [_bounded(cause, bounds) for cause in found.at[place, "causes"]]
    return found.sort_values(["day", "metric"], ignore_index=True)


def _chosen(
    cursor: duckdb.DuckDBPyConnection, repository_ids: Iterable[int], search: str = ""
) -> dict[int, tuple[int, str]]:
    """The tenant and the name of each of these repositories that is there, by id."""
    values: dict[str, Any] = {"visible": sorted(set(repository_ids)), "search": search}
    rows = cursor.execute(query(__name__, "chosen"), values).fetchall()
    return {key: (tenant_id, full_name) for key, tenant_id, full_name in rows}


def _outstanding(
    cursor: duckdb.DuckDBPyConnection, repository_ids: list[int], selection: Selection
) -> tuple[DataFrame, int]:
    """The days that stand out, without names and causes; and how many series were not looked at."""
    first, last = selection.first - DAYS_BEFORE, selection.last + DAYS_AFTER
    series = [(key, metric) for key in repository_ids for metric in METRICS]
    left_out = max(0, len(series) - MOST_SERIES)
    if left_out:
        values = {"visible": repository_ids, "first_day": selection.first, "last_day": selection.last}
        rows = cursor.execute(query(__name__, "outstanding"), values | {"most": MOST_SERIES}).fetchall()
        series = sorted(rows)
    values = {"visible": sorted({key for key, _ in series}), "first_day": first, "last_day": last}
    cursor.execute("set variable today = $today", {"today": selection.today})
    cursor.execute(query(__name__, "days"), values)
    counts = _counts(cursor.fetchnumpy(), series, (last - first).days + 1)
    asked = slice((selection.first - first).days, (selection.last - first).days + 1)
    notable = (counts[:, asked] >= LEAST_COUNT).any(axis=1)
    series, counts = [each for each, is_notable in zip(series, notable, strict=True) if is_notable], counts[notable]
    judged = expectation(counts)
    of, place = np.nonzero(judged.score[:, asked] >= STANDS_OUT)
    at = (of, place + asked.start)
    columns = {
        "repository_id": [series[n][0] for n in of],
        "day": [first + timedelta(days=int(n)) for n in at[1]],
        "metric": [series[n][1] for n in of],
        "value": counts[at].astype(np.int64),
        "expected": judged.expected[at],
        "score": judged.score[at],
    }
    types = {"repository_id": "int64", "day": "object", "metric": "str"}
    found = DataFrame(columns).astype(types)
    return found.sort_values(["score", "day"], ascending=False, kind="stable", ignore_index=True), left_out


def _counts(days: dict[str, Any], series: list[tuple[int, str]], places: int) -> NDArray[np.float64]:
    """A row a series, a column a day, NaN where unknown; cut off after the last day that is known of any."""
    number = {key: n for n, key in enumerate(series)}
    counts = np.full((len(series) + 1, places), np.nan)  # the last row takes what is not asked for
    ids, inverse = np.unique(days["repository_id"], return_inverse=True)
    for metric in METRICS:
        rows = np.array([number.get((int(key), metric), len(series)) for key in ids], dtype=np.intp)
        counts[rows[inverse], days["place"]] = np.ma.filled(np.ma.asarray(days[metric], dtype=np.float64), np.nan)
    last = int(days["place"].max()) + 1 if len(ids) else 0
    return counts[:-1, :last]


def _asked(found: DataFrame) -> dict[str, Any]:
    """The repositories and days that causes are wanted for, as values of a query."""
    keys = sorted(set(zip(found["repository_id"].tolist(), found["day"], strict=True)))
    return {
        "visible": sorted({key for key, _ in keys}),
        "repository_ids": [key for key, _ in keys],
        "days": [day for _, day in keys],
    }


def _listed(cursor: duckdb.DuckDBPyConnection, found: DataFrame) -> Causes:
    """Referrers and paths that gained; of the days on which views stand out, not clones."""
    of_views = found[found["metric"] == "views"]
    surplus = {(row.repository_id, row.day): row.value - row.expected for row in of_views.itertuples()}
    causes: Causes = defaultdict(list)
    for key, day, kind, name, *facts, before in cursor.execute(query(__name__, "listed"), _asked(of_views)).fetchall():
        listed = replace(Listed(*facts), seen_before=before)
        share = NOT_KNOWN_SHARE if listed.gained is None and listed.is_new else (listed.gained or 0) / surplus[key, day]
        if share >= LEAST_SHARE:
            weight = share + NEWCOMER * (listed.views_before is None)
            causes[key, day].append(Cause(kind, name, min(1.0, weight) * WEIGHT_OF[kind], listed))
    return causes


def _released(cursor: duckdb.DuckDBPyConnection, found: DataFrame) -> Causes:
    causes: Causes = defaultdict(list)
    weights = {timedelta(-1): 0.4, timedelta(0): 0.5, timedelta(1): 0.2}
    for key, day, release_id, tag, *facts in cursor.execute(query(__name__, "releases"), _asked(found)).fetchall():
        name, published_on, prerelease = facts
        released = Released(release_id, name, published_on, prerelease)
        causes[key, day].append(Cause("release", tag, weights[published_on - day], released))
    return causes


def _starred(cursor: duckdb.DuckDBPyConnection, found: DataFrame) -> Causes:
    """Stars, where they stand out as well: mostly a company of views, not a cause, so the last of all."""
    rows = cursor.execute(query(__name__, "stars"), _asked(found)).fetchall()
    return {
        (key, day): [Cause("stars", "", 0.2, Starred(gained, usual))]
        for key, day, gained, usual in rows
        if usual is not None and 2 * sqrt(max(gained, 0) + OFFSET) - 2 * sqrt(max(usual, 0) + OFFSET) >= STANDS_OUT
    }


def _noted(viewer: Viewer, store: Store, found: DataFrame, tenants: dict[int, int]) -> Causes:
    """Notes of the day, of the repository or of its whole tenant."""
    causes: Causes = defaultdict(list)
    if found.empty:
        return causes
    written = defaultdict(list)
    for note in notes(viewer, store, min(found["day"]), max(found["day"])):
        about = ("tenant", note.tenant_id) if note.repository_id is None else ("repository", note.repository_id)
        written[about, note.day].append(Cause("note", note.note, 1.0, Noted(note.note_id, note.link)))
    for key, day in set(zip(found["repository_id"], found["day"], strict=True)):
        causes[key, day] = written[("repository", key), day] + written[("tenant", tenants[key]), day]
    return causes


def _ranked(row: Any, of_each: list[Causes]) -> list[Cause]:
    """The causes of a day that stands out, the likeliest first, of each kind the first few."""
    known = [cause for causes in of_each for cause in causes.get((row.repository_id, row.day), [])]
    fitting = [cause for cause in known if row.metric == "views" or cause.kind not in {"referrer", "path"}]
    ordered = sorted(fitting, key=lambda cause: (-cause.weight, cause.kind, cause.what))
    return list(_few_of_each_kind(ordered))


def _few_of_each_kind(causes: list[Cause]) -> Iterator[Cause]:
    counted: dict[str, int] = defaultdict(int)
    for cause in causes:
        counted[cause.kind] += 1
        if counted[cause.kind] <= MOST_OF_A_KIND:
            yield cause


def _bounded(cause: Cause, bounds: dict[str, DataFrame]) -> Cause:
    """The same cause; a referrer or path with the bounds of its views on the day."""
    if not isinstance(cause.detail, Listed):
        return cause
    of_kind = bounds[cause.kind]
    for row in of_kind[of_kind["name"] == cause.what].itertuples():
        high = None if pd.isna(row.high) else int(row.high)
        return replace(cause, detail=replace(cause.detail, low=int(row.low), high=high))
    return cause
