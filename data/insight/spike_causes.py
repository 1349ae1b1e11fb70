"""Spikes and their likely causes: the table `spike` with what is known of that time. Readers, the viewer first.

What may have made it is a list of facts, the likeliest first: notes of the day, referrers and paths whose 14-day sums
rose over it, releases from the day before to the day after, workflow runs, and stars. Texts come from outside,
verbatim: whoever shows them trusts none of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import sqrt
from typing import Any

import duckdb
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import DAY, SETTLED_AFTER_DAYS
from data.insight.lists import listing_bounds
from data.insight.notes import Note, notes
from data.insight.spikes import OFFSET, STANDS_OUT
from data.store import Store
from data.store.cache import cached
from data.store.sql import parsed, query
from data.traffic.models import ALL_ROWS, Selection

LEAST_SHARE = 0.05  # of what the day had more than expected: a name that gained less explains nothing
NOT_KNOWN_SHARE = 0.1  # of a name never seen before, where no list of before is there to compare
NEWCOMER = 0.25  # is added for a name that was not in the list before
WEIGHT_OF = {"referrer": 1.0, "path": 0.4}  # a path is where they went, not why
RUNS_WEIGHT = 0.4  # of workflow runs where it is not known how many clones they made
MOST_OF_A_KIND = 5
MOST_WITH_BOUNDS = 6
WAVE_DAYS = 5  # from one spike to the next of the same wave: less than a week, so that what comes weekly is no wave

TENANTS = "select repository_id, tenant_id from repository where repository_id in (select unnest($visible::integer[]))"

Key = tuple[int, date]


@dataclass(frozen=True, slots=True)
class Listed:
    """A referrer or path whose sum of about 14 days rose.

    `views` is its sum in the list of `seen_on`, `views_before` in the newest list up to the day (None: not in it, or
    there is none), which is that of `seen_before`. At least `gained` views came from it on the days between
    the two lists, not on the one day (None: not known). On the day itself between `low` and `high` did, where that was
    worked out (see bounds.py).
    """

    seen_on: date
    is_new: bool
    views: int
    views_before: int | None
    gained: int | None
    low: int | None = None
    high: int | None = None
    seen_before: date | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """A release; `published_on` is the day before, the day, or the day after."""

    name: str | None
    published_on: date


@dataclass(frozen=True, slots=True)
class Noted:
    link: str | None


@dataclass(frozen=True, slots=True)
class Starred:
    """More stars than the usual (the median of the four weeks before and after)."""

    gained: int
    usual: float


@dataclass(frozen=True, slots=True)
class WorkflowRunsRise:
    """More workflow runs than the usual (the median of the four weeks before and after), each of which may clone; where
    that is known, the clones that they made at least.
    """

    runs: int
    usual: float
    clones: int | None


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that may have made a day stand out.

    `kind` is referrer, path, release, note, runs or stars; `what` the referrer, the path, the tag, the note, else ''.
    `weight` (0 to 1) orders causes. For a referrer it is the share of the surplus that it gained, and a quarter more if
    it was not listed before; for a path less than half of that.
    """

    kind: str
    what: str
    weight: float
    detail: Listed | Released | Noted | WorkflowRunsRise | Starred


@dataclass(frozen=True, slots=True)
class Spike:
    """One or several near days on which views or clones of a repository were unusually high: what the greatest of them
    had, what it was to have, how many deviations lie between, how notable that is, and what is known of that time.
    """

    repository_id: int
    full_name: str
    metric: str
    first: date
    last: date
    peak: date
    value: int
    expected: float
    score: float
    weight: float
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Wave:
    """Spikes of a repository, of views and of clones, that follow each other within days: the most notable first."""

    spikes: tuple[Spike, ...]

    @property
    def first(self) -> date:
        return min(each.first for each in self.spikes)

    @property
    def last(self) -> date:
        return max(each.last for each in self.spikes)


Causes = dict[Key, list[Cause]]


def waves(spikes: Iterable[Spike]) -> list[Wave]:
    """The spikes of one repository as waves, the most notable first."""
    grouped: list[list[Spike]] = []
    last = date.min
    for spike in sorted(spikes, key=lambda each: (each.first, each.last)):
        if not grouped or (spike.first - last).days > WAVE_DAYS:
            grouped.append([])
        grouped[-1].append(spike)
        last = max(last, spike.last)
    made = [Wave(tuple(sorted(each, key=lambda spike: -spike.weight))) for each in grouped]
    return sorted(made, key=lambda each: -each.spikes[0].weight)


@cached("traffic")
def spikes(viewer: Viewer, store: Store, selection: Selection, most: int = ALL_ROWS) -> tuple[tuple[Spike, ...], int]:
    """The spikes whose greatest day is among the selected ones, the most notable first, so many; and how many there
    are. Causes are not asked for. Source: spike, repository. Raises: StoreMissing.
    """
    values = selection.values(viewer) | {"search": selection.search, "imports": selection.imports, "most": most}
    values["last_day"] = min(selection.last, selection.today - SETTLED_AFTER_DAYS * DAY)
    with store.traffic.read() as cursor:
        rows = cursor.execute(parsed(query(__name__, "spikes")), values).fetchall()
    return tuple(Spike(*row) for *row, _ in rows), rows[0][-1] if rows else 0


@cached("traffic")
def explained_spikes(viewer: Viewer, store: Store, selection: Selection, most: int) -> tuple[Spike, ...]:
    """The most notable of `spikes`, so many, each with its causes, the likeliest first. Raises: StoreMissing."""
    notable, _ = spikes(viewer, store, selection, most)
    return _explained(viewer, store, notable, imports=selection.imports)


@cached("traffic")
def repository_spikes(viewer: Viewer, store: Store, selection: Selection) -> tuple[Spike, ...]:
    """All spikes of the one repository that is selected with their causes, the greatest score first.

    Of the greatest, the causes also know the bounds of the views on the day itself. Another tenant's repository has
    none, like one that is not there. Raises: StoreMissing.
    """
    found = sorted(spikes(viewer, store, selection)[0], key=lambda each: -each.score)
    known = _explained(viewer, store, found, imports=selection.imports)
    closely = [each for each in known if each.metric == "views"][:MOST_WITH_BOUNDS]
    return tuple(_bounded(viewer, store, selection, each) if each in closely else each for each in known)


def _explained(viewer: Viewer, store: Store, spikes: Sequence[Spike], *, imports: bool) -> tuple[Spike, ...]:
    if not spikes:
        return ()
    noted = notes(viewer, store, min(each.peak for each in spikes), max(each.peak for each in spikes))
    with store.traffic.read(with_imports=imports) as cursor:
        known = [_listed(cursor, spikes), _released(cursor, spikes), _ran(cursor, spikes), _starred(cursor, spikes)]
        known.append(_noted(cursor, spikes, noted))
    return tuple(replace(each, causes=tuple(_ranked(each, known))) for each in spikes)


def _bounded(viewer: Viewer, store: Store, selection: Selection, spike: Spike) -> Spike:
    day = replace(selection, first=spike.peak, last=spike.peak)
    names = {"referrer": "referrers", "path": "paths"}
    bounds = {kind: listing_bounds(viewer, store, day, listing).set_index("name") for kind, listing in names.items()}
    return replace(spike, causes=tuple(_with_bounds(each, bounds) for each in spike.causes))


def _asked(spikes: Sequence[Spike]) -> dict[str, Any]:
    keys = sorted({(each.repository_id, each.peak) for each in spikes})
    return {
        "visible": sorted({key for key, _ in keys}),
        "repository_ids": [key for key, _ in keys],
        "days": [day for _, day in keys],
    }


def _rows(cursor: duckdb.DuckDBPyConnection, name: str, spikes: Sequence[Spike]) -> list[tuple[Any, ...]]:
    """The rows of a query of this module about the greatest days of spikes."""
    return cursor.execute(parsed(query(__name__, name)), _asked(spikes)).fetchall()


def _listed(cursor: duckdb.DuckDBPyConnection, spikes: Sequence[Spike]) -> Causes:
    """Referrers and paths that gained; of the days on which views stand out, not clones."""
    of_views = [each for each in spikes if each.metric == "views"]
    if not of_views:
        return {}
    surplus = {(each.repository_id, each.peak): each.value - each.expected for each in of_views}
    causes: Causes = defaultdict(list)
    for key, day, kind, name, *facts, before in _rows(cursor, "listed", of_views):
        listed = replace(Listed(*facts), seen_before=before)
        share = NOT_KNOWN_SHARE if listed.gained is None and listed.is_new else (listed.gained or 0) / surplus[key, day]
        if share >= LEAST_SHARE:
            weight = share + NEWCOMER * (listed.views_before is None)
            causes[key, day].append(Cause(kind, name, min(1.0, weight) * WEIGHT_OF[kind], listed))
    return causes


def _released(cursor: duckdb.DuckDBPyConnection, spikes: Sequence[Spike]) -> Causes:
    causes: Causes = defaultdict(list)
    weights = {timedelta(-1): 0.4, timedelta(0): 0.5, timedelta(1): 0.2}
    for key, day, tag, name, published_on in _rows(cursor, "releases", spikes):
        released = Released(name, published_on)
        causes[key, day].append(Cause("release", tag, weights[published_on - day], released))
    return causes


def _starred(cursor: duckdb.DuckDBPyConnection, spikes: Sequence[Spike]) -> Causes:
    """Stars, where they stand out as well: mostly a company of views, not a cause, so the last of all."""
    return {
        (key, day): [Cause("stars", "", 0.2, Starred(gained, usual))]
        for key, day, gained, usual in _rows(cursor, "stars", spikes)
        if usual is not None and _stands_out(gained, usual)
    }


def _ran(cursor: duckdb.DuckDBPyConnection, spikes: Sequence[Spike]) -> Causes:
    """Workflow runs, where they stand out on a day on which clones do: by how much of the surplus they surely made."""
    of_clones = [each for each in spikes if each.metric == "clones"]
    if not of_clones or not cursor.execute("select 1 as counted from workflow_day limit 1").fetchall():
        return {}
    surplus = {(each.repository_id, each.peak): each.value - each.expected for each in of_clones}
    causes: Causes = {}
    for key, day, runs, usual, clones, usual_clones in _rows(cursor, "runs", of_clones):
        made = None if clones is None or usual_clones is None else (clones - usual_clones) / surplus[key, day]
        if _stands_out(runs, usual) and (made is None or made >= LEAST_SHARE):
            weight = RUNS_WEIGHT if made is None else min(1.0, made)
            causes[key, day] = [Cause("runs", "", weight, WorkflowRunsRise(runs, usual, clones))]
    return causes


def _stands_out(count: float, usual: float) -> bool:
    return 2 * sqrt(max(count, 0) + OFFSET) - 2 * sqrt(max(usual, 0) + OFFSET) >= STANDS_OUT


def _noted(cursor: duckdb.DuckDBPyConnection, spikes: Sequence[Spike], notes: Sequence[Note]) -> Causes:
    if not notes:
        return {}
    tenants = dict(cursor.execute(TENANTS, {"visible": _asked(spikes)["visible"]}).fetchall())
    causes: Causes = {}
    written = defaultdict(list)
    for note in notes:
        about = ("tenant", note.tenant_id) if note.repository_id is None else ("repository", note.repository_id)
        written[about, note.day].append(Cause("note", note.note, 1.0, Noted(note.link)))
    for key, day in {(each.repository_id, each.peak) for each in spikes}:
        causes[key, day] = written[("repository", key), day] + written[("tenant", tenants[key]), day]
    return causes


def _ranked(spike: Spike, of_each: list[Causes]) -> Iterator[Cause]:
    """The causes of a spike, the likeliest first, of each kind the first few."""
    known = [cause for causes in of_each for cause in causes.get((spike.repository_id, spike.peak), [])]
    of_others = {"runs"} if spike.metric == "views" else {"referrer", "path"}
    fitting = [cause for cause in known if cause.kind not in of_others]
    counted: dict[str, int] = defaultdict(int)
    for cause in sorted(fitting, key=lambda cause: (-cause.weight, cause.kind, cause.what)):
        counted[cause.kind] += 1
        if counted[cause.kind] <= MOST_OF_A_KIND:
            yield cause


def _with_bounds(cause: Cause, bounds: dict[str, DataFrame]) -> Cause:
    if not isinstance(cause.detail, Listed):
        return cause
    of_kind = bounds[cause.kind]
    if cause.what not in of_kind.index:
        return cause
    low, high = of_kind.loc[cause.what, ["low", "high"]]
    return replace(cause, detail=replace(cause.detail, low=int(low), high=None if pd.isna(high) else int(high)))
