"""Pages of a table of days or weeks, out of boards: no more rows are arranged than are shown. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.traffic.models import Grain, Paging, Selection
from data.traffic.traffic_days import COUNTS, FINAL, STATES, UNKNOWN, Board, Numbers, day_of
from data.traffic.traffic_periods import KINDS, Periods, periods

LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Some rows of a board, first by their keys: a row a key, the first one counts the most."""

    keys: Numbers
    table: pa.Table


def page(boards: Iterable[Board], selection: Selection, grain: Grain, paging: Paging) -> tuple[pa.Table, int]:
    """The rows of a page as daily_traffic and weekly_traffic have them, and how many there are on all pages."""
    found: list[_Rows] = []
    total = 0
    for board in boards:
        shown = periods(board, selection, grain)
        total += int(shown.is_row.sum())
        found.append(_first_rows(board, shown, grain, paging))
    keys = np.concatenate([each.keys for each in found], axis=1)
    rows = pa.concat_tables([each.table for each in found])
    skipped = (paging.page - 1) * paging.size
    return rows.take(np.lexsort(keys[::-1])[skipped : skipped + paging.size]), total


def _first_rows(board: Board, shown: Periods, grain: Grain, paging: Paging) -> _Rows:
    """Those that may be on the page if all others came after them."""
    of, at = np.nonzero(shown.is_row)
    first = _sorted_by(board, shown, (of, at), paging)
    wanted = paging.page * paging.size
    if wanted < len(of):
        near = first <= np.partition(first, wanted - 1)[wanted - 1]
        of, at, first = of[near], at[near], first[near]
    keys = np.stack((first, -shown.starts[at], board.name_ranks[of]))
    order = np.lexsort(keys[::-1])[:wanted]
    columns = _days(board, shown, of[order], at[order])
    return _Rows(keys[:, order], columns if grain is Grain.DAY else _weeks(columns, shown, of[order], at[order]))


def _sorted_by(board: Board, shown: Periods, cells: tuple[Numbers, Numbers], paging: Paging) -> Numbers:
    """By what the rows are to be sorted, the least first; unknown values come last in either direction."""
    of, at = cells
    name, direction = paging.sort_by, -1 if paging.descending else 1
    if name in COUNTS:
        values = shown.counts[COUNTS.index(name), of, at]
        return np.where(values == UNKNOWN, LAST, direction * values)
    if name in ("views_state", "clones_state"):
        return np.asarray(direction * shown.states[int(name == "clones_state"), of, at].astype(np.int64))
    if name == "whole":
        return np.asarray(direction * (shown.states[:, of, at] == FINAL).all(axis=0))
    return direction * (board.name_ranks[of] if name == "full_name" else shown.starts[at])


def _days(board: Board, shown: Periods, of: Numbers, at: Numbers) -> pa.Table:
    counts, states = shown.counts[:, of, at], pa.array(STATES)
    return pa.table(
        {
            "repository_id": pa.array(board.ids[of], type=pa.int32()),
            "full_name": pa.array([board.names[row] for row in of], type=pa.string()),
            "day": pa.array(shown.starts[at].astype(np.int32), type=pa.int32()).cast(pa.date32()),
            **{name: pa.array(each, mask=each == UNKNOWN) for name, each in zip(COUNTS, counts, strict=True)},
            "views_state": states.take(pa.array(shown.states[0, of, at])),
            "clones_state": states.take(pa.array(shown.states[1, of, at])),
        }
    )


def _weeks(days: pa.Table, shown: Periods, of: Numbers, at: Numbers) -> pa.Table:
    kinds = pa.array(KINDS, type=pa.string())
    weeks = [day_of(int(start)).isocalendar() for start in shown.starts[at]]
    return pa.table(
        {
            "repository_id": days.column("repository_id"),
            "full_name": days.column("full_name"),
            "week": days.column("day"),
            "iso_year": pa.array([week.year for week in weeks], type=pa.int32()),
            "iso_week": pa.array([week.week for week in weeks], type=pa.int32()),
            "views": days.column("views"),
            "view_uniques": days.column("view_uniques"),
            "view_uniques_kind": kinds.take(pa.array(shown.kinds[0, of, at])),
            "clones": days.column("clones"),
            "clone_uniques": days.column("clone_uniques"),
            "clone_uniques_kind": kinds.take(pa.array(shown.kinds[1, of, at])),
            "views_state": days.column("views_state"),
            "clones_state": days.column("clones_state"),
            "whole": pa.array((shown.states[:, of, at] == FINAL).all(axis=0)),
        }
    )
