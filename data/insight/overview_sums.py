"""What the overview adds up for each repository of a board: the period's final days beside as many before. Pure."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from data.calendar import SETTLED_AFTER_DAYS
from data.traffic.models import Selection
from data.traffic.traffic_days import FINAL, GAP, UNKNOWN, Board, Flags, Numbers, number
from data.traffic.traffic_series import VIEWS, compared, final

NAMES = ("views", "visitor_days", "clones", "cloner_days")  # in the order of traffic_days.COUNTS
METRICS = ("views", "clones")
SCHEMA = pa.schema(
    [
        ("repository_id", pa.int32()),
        ("full_name", pa.string()),
        *((name, pa.int64()) for name in ("final_days", "gap_days")),
        *((name, pa.int64()) for name in ("views", "views_compared", "views_before", "views_days")),
        *((name, pa.int64()) for name in ("visitor_days", "visitor_days_compared", "visitor_days_before")),
        *((name, pa.int64()) for name in ("clones", "clones_compared", "clones_before", "clones_days")),
        *((name, pa.int64()) for name in ("cloner_days", "cloner_days_compared", "cloner_days_before")),
        *((name, pa.int64()) for name in ("stars", "stars_compared", "stars_before", "stars_days")),
        ("sparkline", pa.list_(pa.float64())),
    ]
)


def stretch(selection: Selection, today: int) -> tuple[int, int]:
    """The days whose stars are asked for: those of the selection that are final, and as many before it."""
    first, last = number(selection.first), number(selection.last)
    return first - (last - first + 1), min(last, today - SETTLED_AFTER_DAYS)


def rows(board: Board, stars: Numbers, selection: Selection, slice_days: int) -> pa.Table:
    """A row a repository of the board, as overview.repositories tells them.

    `stars` has a column each of a repository's row, the days since the first of `stretch`, and the stars gained.
    """
    columns = dict(_counted(board, selection)) | dict(_starred(board, stars, selection))
    columns |= {"repository_id": pa.array(board.ids, type=pa.int32()), "full_name": pa.array(board.names, pa.string())}
    columns["sparkline"] = _sparklines(board, selection, slice_days)
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _counted(board: Board, selection: Selection) -> Iterator[tuple[str, pa.Array]]:
    within, earlier, counterparts = compared(board, selection)
    for count, name in enumerate(NAMES):
        numbers = board.counts[count]
        known = final(board, count)
        both = known[:, earlier] & known[:, counterparts]
        yield name, _sums(numbers[:, within], known[:, within])
        yield f"{name}_compared", _sums(numbers[:, counterparts], both)
        yield f"{name}_before", _sums(numbers[:, earlier], both)
        if name in METRICS:
            yield f"{name}_days", pa.array(both.sum(axis=1))
        if count == VIEWS:
            yield "final_days", pa.array(known[:, within].sum(axis=1))
    gaps = (board.states[:, :, within] == GAP).any(axis=0) & board.is_row[:, within]
    yield "gap_days", pa.array(gaps.sum(axis=1))


def _sums(numbers: Numbers, counted: Flags) -> pa.Array:
    return pa.array((numbers * counted).sum(axis=1), mask=~counted.any(axis=1))


def _starred(board: Board, stars: Numbers, selection: Selection) -> Iterator[tuple[str, pa.Array]]:
    days = (selection.last - selection.first).days + 1
    of, places, gained = stars
    is_now = places >= days
    now, before = of[is_now] * days + places[is_now] - days, of[~is_now] * days + places[~is_now]
    _, in_now, in_before = np.intersect1d(now, before, assume_unique=True, return_indices=True)
    pairs = of[is_now][in_now]
    yield "stars", _gained(board, of[is_now], gained[is_now])
    yield "stars_compared", _gained(board, pairs, gained[is_now][in_now])
    yield "stars_before", _gained(board, pairs, gained[~is_now][in_before])
    yield "stars_days", pa.array(np.bincount(pairs, minlength=len(board.ids)))


def _gained(board: Board, of: Numbers, gained: Numbers) -> pa.Array:
    sums = np.bincount(of, weights=gained, minlength=len(board.ids)).astype(np.int64)
    return pa.array(sums, mask=np.bincount(of, minlength=len(board.ids)) == 0)


def _sparklines(board: Board, selection: Selection, slice_days: int) -> pa.Array:
    """The mean views a day of each slice that is known, oldest first; nothing where none is."""
    within = board.columns(number(selection.first), number(selection.last))
    slices = (np.arange(within.start, within.stop) + board.first - number(selection.first)) // slice_days
    views, nothing = board.counts[VIEWS][:, within], pa.nulls(len(board.ids), SCHEMA.field("sparkline").type)
    if not slices.size:
        return nothing
    begins = np.flatnonzero(np.diff(slices, prepend=-1))
    known = ((board.states[0] == FINAL) & board.is_row)[:, within] & (views > UNKNOWN)
    days = np.add.reduceat(known, begins, axis=1, dtype=np.int64)
    means = np.add.reduceat(views * known, begins, axis=1) / np.maximum(days, 1)
    values = pa.array((np.floor(means * 10 + 0.5) / 10)[days > 0])
    sizes = (days > 0).sum(axis=1)
    offsets = pa.array(np.concatenate([[0], np.cumsum(sizes)]), mask=np.append(sizes == 0, False))
    return pa.ListArray.from_arrays(offsets.cast(pa.int32()), values)
