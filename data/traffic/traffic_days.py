"""The days of some repositories as arrays, a row a repository and a column a day: what v_daily tells, ready to add up.

To plan a query that judges and adds up days takes DuckDB longer than all the rest, so it is only asked for the rows.
Days are numbered from 1 January 1970 on, UTC. Callers have narrowed the repositories to the visible ones.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.accounts.models import Viewer
from data.calendar import SETTLED_AFTER_DAYS, WINDOW_DAYS, utc_day, utc_now
from data.store import Store
from data.store.sql import query
from data.traffic.models import Selection

COUNTS = ("views", "view_uniques", "clones", "clone_uniques")
UNKNOWN = -1
FINAL, PENDING, GAP = range(3)
STATES = ("final", "pending", "gap")
MOST_CELLS = 1_000_000  # of a board: more repositories are put on several
EPOCH = date(1970, 1, 1)

Numbers = NDArray[np.int64]
States = NDArray[np.int8]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The repositories that a question is about, by id: what is known of each beside its days.

    `coverage` has a row a stretch: the repository's row, the metric (0 views, 1 clones), first and last day.
    Nothing at all is known before `first`, or after `last`.
    """

    ids: Numbers
    names: tuple[str, ...]
    name_ranks: Numbers
    added_on: Numbers
    answered_on: Numbers
    coverage: Numbers
    first: int
    last: int


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """Some days of some repositories. Shared by many: not to be changed.

    `counts` (a count of COUNTS, a repository, a day; UNKNOWN is -1) and `states` (views, clones; FINAL, PENDING or GAP)
    tell something only where there `is_row`: from a repository's first known day to that of its newest answer. `weeks`
    are those that GitHub counted: a row each of the repository's row, its Monday, and the counts (UNKNOWN: not whole).
    """

    ids: Numbers
    names: tuple[str, ...]
    name_ranks: Numbers
    first: int
    counts: Numbers
    states: States
    is_row: Flags
    known_from: Numbers
    known_until: Numbers
    weeks: Numbers
    today: int

    @property
    def days(self) -> int:
        """How many days it has."""
        return int(self.is_row.shape[1])

    @property
    def last(self) -> int:
        """Its last day."""
        return self.first + self.days - 1

    def columns(self, first: int, last: int) -> slice:
        """The columns of the days from first to last, as far as it has them."""
        return slice(max(0, first - self.first), max(0, min(self.days, last + 1 - self.first)))


def number(day: date) -> int:
    """The number of a day."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The day with a number."""
    return EPOCH + timedelta(days=number)


def boards(viewer: Viewer, store: Store, selection: Selection) -> Iterator[Board]:
    """The selected visible repositories by id, on one board or several, with all days that such a question is about:
    those selected, their whole weeks and months, and as many days before. Raises: StoreMissing.
    """
    chosen = viewer.repository_ids
    if selection.repository_ids is not None:
        chosen &= selection.repository_ids
    today = selection.today or utc_day(utc_now())
    while True:
        version = store.traffic.version()
        known = store.traffic.remembered(
            ("traffic_days.known", chosen, selection.search), lambda cursor: _known(cursor, chosen, selection.search)
        )
        reach = _reach(selection, known, number(today))
        size = max(1, MOST_CELLS // (reach[1] - reach[0] + 1))
        if len(known.ids) > size:
            yield from _one_after_the_other(store, (chosen, selection), today, size)
            return
        wish = ("traffic_days.board", version, chosen, selection.search, reach, today)
        board = store.traffic.remembered(wish, _asking(known, reach, today), large=True)
        if store.traffic.version() == version:  # else they may be of two versions
            yield board
            return


def _asking(known: Known, reach: tuple[int, int], today: date) -> Callable[[duckdb.DuckDBPyConnection], Board]:
    return lambda cursor: _board(cursor, known, reach, today)


def _one_after_the_other(
    store: Store, asked: tuple[frozenset[int], Selection], today: date, size: int
) -> Iterator[Board]:
    chosen, selection = asked
    with store.traffic.read() as cursor:
        known = _known(cursor, chosen, selection.search)
        reach = _reach(selection, known, number(today))
        for begin in range(0, len(known.ids), size):
            yield _board(cursor, _part(known, slice(begin, begin + size)), reach, today)


def _reach(selection: Selection, known: Known, today: int) -> tuple[int, int]:
    """The first and the last day that a board has to have; beyond what is known there is nothing to tell."""
    first, end = number(selection.first), max(known.last, today)
    before = first - (number(selection.last) - first + 1)
    month = number(selection.first.replace(day=1))
    last = min(number(selection.last), end)
    next_month = day_of(last).replace(day=1) + timedelta(days=31)
    last = min(max(number(next_month.replace(day=1)) - 1, last + 6), end)
    return min(max(min(before, month, first - 6), known.first), last), last


def _known(cursor: duckdb.DuckDBPyConnection, chosen: frozenset[int], search: str) -> Known:
    values: dict[str, Any] = {"visible": sorted(chosen), "search": search}
    rows = cursor.sql(query(__name__, "repositories"), params=values).to_arrow_table()
    ids, ranks, added_on, answered_on = _columns(rows, "repository_id", "name_rank", "added_on", "answered_on")
    visible = {"visible": ids.tolist()}
    spans = cursor.execute(query(__name__, "coverage"), visible).fetchnumpy()
    of, metric, begins, ends = (
        spans[name].astype(np.int64) for name in ("repository_id", "metric", "first_day", "last_day")
    )
    coverage = np.stack((np.searchsorted(ids, of), metric, begins, ends))
    answered = answered_on[answered_on >= 0]
    first = min((int(each.min()) for each in (added_on, begins) if each.size), default=0)
    last = max((int(each.max()) for each in (ends, answered) if each.size), default=first)
    bounds = {"first_day": day_of(first), "last_day": day_of(last)}
    ((earlier, later),) = cursor.execute(query(__name__, "range"), visible | bounds).fetchall()
    if earlier is not None:
        first, last = min(first, number(earlier)), max(last, number(later))
    names = tuple(rows.column("full_name").to_pylist())
    return Known(ids, names, ranks, added_on, answered_on, coverage, first, last)


def _part(known: Known, rows: slice) -> Known:
    """The same of some of the repositories."""
    of = known.coverage[0]
    coverage = known.coverage[:, (of >= rows.start) & (of < rows.stop)].copy()
    coverage[0] -= rows.start
    columns = (known.name_ranks, known.added_on, known.answered_on)
    ranks, added_on, answered_on = (each[rows] for each in columns)
    return Known(known.ids[rows], known.names[rows], ranks, added_on, answered_on, coverage, known.first, known.last)


def _board(cursor: duckdb.DuckDBPyConnection, known: Known, reach: tuple[int, int], today: date) -> Board:
    first, last = reach
    shape = (len(known.ids), last - first + 1)
    values = {"visible": known.ids.tolist(), "first_day": day_of(first), "last_day": day_of(last)}
    rows = cursor.sql(query(__name__, "counts"), params=values).to_arrow_table()
    of, places, *columns = _columns(rows, "repository_id", "place", *COUNTS)
    row_of = np.zeros(int(known.ids.max(initial=0)) + 1, dtype=np.int64)
    row_of[known.ids] = np.arange(len(known.ids))
    cells = row_of[of] * shape[1] + places
    counts = np.full((len(COUNTS), *shape), UNKNOWN)
    is_row = np.zeros(shape, dtype=np.bool_)
    is_row.reshape(-1)[cells] = True
    for flat, column in zip(counts.reshape(len(COUNTS), -1), columns, strict=True):
        flat[cells] = column
    covered = _covered(known, first, shape)
    days = np.arange(first, last + 1)
    known_from, known_until = _stretches(cursor, known, is_row, values)
    within = (days >= known_from[:, np.newaxis]) & (days <= known_until[:, np.newaxis])
    is_row |= within & ~(covered[0] & covered[1])
    states = _states(covered, days, number(today))
    for shared in (counts, states, is_row):
        shared.setflags(write=False)
    return Board(
        *(known.ids, known.names, known.name_ranks, first, counts, states, is_row),
        *(known_from, known_until, _weeks(cursor, known, reach), number(today)),
    )


def _weeks(cursor: duckdb.DuckDBPyConnection, known: Known, reach: tuple[int, int]) -> Numbers:
    values = {"visible": known.ids.tolist(), "first_day": day_of(reach[0]), "last_day": day_of(reach[1])}
    rows = cursor.execute(query(__name__, "weeks"), values).fetchnumpy()
    of, *columns = (rows[name].astype(np.int64) for name in ("repository_id", "week", *COUNTS))
    return np.stack((np.searchsorted(known.ids, of), *columns))


def _covered(known: Known, first: int, shape: tuple[int, int]) -> Flags:
    """Which days of which metric an answer told of."""
    of, metric, begins, ends = known.coverage
    inside = (ends >= first) & (begins < first + shape[1])
    places = of[inside], np.clip(begins[inside] - first, 0, None), np.clip(ends[inside] + 1 - first, None, shape[1])
    steps = np.zeros((2, shape[0], shape[1] + 1), dtype=np.int8)
    np.add.at(steps, (metric[inside], places[0], places[1]), 1)
    np.add.at(steps, (metric[inside], places[0], places[2]), -1)
    return np.asarray(np.cumsum(steps, axis=2, dtype=np.int8)[:, :, :-1] > 0)


def _states(covered: Flags, days: Numbers, today: int) -> States:
    settled, shown = days <= today - SETTLED_AFTER_DAYS, days >= today - (WINDOW_DAYS - 1)
    return np.where(
        covered, np.where(settled, FINAL, PENDING).astype(np.int8), np.where(shown, PENDING, GAP).astype(np.int8)
    )


def _stretches(
    cursor: duckdb.DuckDBPyConnection, known: Known, is_row: Flags, values: dict[str, Any]
) -> tuple[Numbers, Numbers]:
    """The first and the last known day of each repository; exact as far as it touches the board's days."""
    first, last = number(values["first_day"]), number(values["last_day"])
    none, any_row = np.iinfo(np.int64).max, is_row.any(axis=1)
    told_from = np.full(len(known.ids), none)
    told_until = known.answered_on.copy()
    np.minimum.at(told_from, known.coverage[0], known.coverage[2])
    np.maximum.at(told_until, known.coverage[0], known.coverage[3])
    row_from = np.where(any_row, first + is_row.argmax(axis=1), none)
    row_until = np.where(any_row, last - is_row[:, ::-1].argmax(axis=1), UNKNOWN)
    unsure = (first > known.first) & (told_from > first) | (last < known.last) & (told_until < last)
    if unsure.any():
        outside = values | {"visible": known.ids[unsure].tolist()}
        for key, is_earlier, is_later in cursor.execute(query(__name__, "outside"), outside).fetchall():
            row = np.searchsorted(known.ids, key)
            row_from[row] = first - 1 if is_earlier else row_from[row]
            row_until[row] = last + 1 if is_later else row_until[row]
    known_from = np.minimum(told_from, row_from)
    return np.where(known_from == none, known.added_on, known_from), np.maximum(told_until, row_until)


def _columns(rows: pa.Table, *names: str) -> list[Numbers]:
    return [rows.column(name).to_numpy().astype(np.int64, copy=False) for name in names]
