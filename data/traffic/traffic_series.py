"""What boards of days add up to: totals beside the days before, and series for charts. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.traffic.models import Grain, Selection, Totals
from data.traffic.traffic_days import COUNTS, FINAL, GAP, PENDING, STATES, UNKNOWN, Board, Flags, Numbers, number
from data.traffic.traffic_periods import KINDS, METRICS, Periods, periods

MOST_REPOSITORIES = 12  # in one chart
TOTAL = "total"
VIEWS, VIEW_UNIQUES, CLONES, CLONE_UNIQUES = range(len(COUNTS))
LEAST_SHARE = 0.5  # of a period's days: what is compared of fewer says nothing of the period


@dataclass(frozen=True, slots=True)
class Series:
    """The rows of a chart as an Arrow table, and how many repositories are in the total only."""

    rows: pa.Table
    left_out: int


def totals(boards: Iterable[Board], selection: Selection) -> Totals:
    """What the final days add up to; and those of them that were final as many days before too, now and then."""
    now, later, before = (_nothing() for _ in range(3))
    gap_days = pending_days = final_days = compared_days = 0
    for board in boards:
        within, earlier, counterparts = compared(board, selection)
        states, is_row = board.states[:, :, within], board.is_row[:, within]
        for count in range(len(COUNTS)):
            numbers, known = board.counts[count], final(board, count)
            both = known[:, earlier] & known[:, counterparts]
            now[count] = _added(now[count], numbers[:, within], known[:, within])
            later[count] = _added(later[count], numbers[:, counterparts], both)
            before[count] = _added(before[count], numbers[:, earlier], both)
            if count == VIEWS:
                final_days += int(known[:, within].sum())
                compared_days += int(both.sum())
        gap_days += int(((states == GAP).any(axis=0) & is_row).sum())
        pending_days += int(((states == PENDING).any(axis=0) & is_row).sum())
    if not comparable(compared_days, final_days):
        later = before = _nothing()
    return Totals(*_in_order(now), *_in_order(later), *_in_order(before), gap_days, pending_days)


def comparable(compared_days: int, final_days: int) -> bool:
    """Whether enough of the final days have a counterpart before for a change to say something."""
    return 0 < compared_days >= LEAST_SHARE * final_days


def final(board: Board, count: int) -> Flags:
    """The days of each repository on which a count is final and known."""
    found: Flags = (board.states[count // 2] == FINAL) & board.is_row & (board.counts[count] > UNKNOWN)
    return found


def compared(board: Board, selection: Selection) -> tuple[slice, slice, slice]:
    """The columns of the selection; those of as many days before it that have a counterpart on the board; and of these
    counterparts. A day without one is later than today, and its counterpart is compared with nothing.
    """
    first, last = number(selection.first), number(selection.last)
    days = last - first + 1
    earlier = board.columns(first - days, min(first - 1, board.last - days))
    stop = max(earlier.start, earlier.stop)
    return board.columns(first, last), slice(earlier.start, stop), slice(earlier.start + days, stop + days)


def _in_order(sums: list[int | None]) -> tuple[int | None, int | None, int | None, int | None]:
    return sums[VIEWS], sums[CLONES], sums[VIEW_UNIQUES], sums[CLONE_UNIQUES]


def _nothing() -> list[int | None]:
    return [None] * len(COUNTS)


def _added(former: int | None, counts: Numbers, counted: Flags) -> int | None:
    """A sum and the counted counts; None where none is known."""
    return (former or 0) + int((counts * counted).sum()) if counted.any() else former


def series(boards: Iterable[Board], selection: Selection, grain: Grain) -> Series:
    """The periods of the repositories with the most views, and of all together."""
    total, largest, count = _Total(), _Largest(), 0
    for board in boards:
        found = periods(board, selection, grain)
        total.add(found)
        count += largest.add(board, found, selection)
    return Series(_table(total.lines() + largest.lines()), max(0, count - MOST_REPOSITORIES))


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """The periods of one repository (None: of all) and one count; -1 is unknown."""

    repository_id: int | None
    name: str
    metric: int
    starts: Numbers
    values: Numbers
    states: Numbers
    kinds: Numbers


class _Total:
    """The periods of all: final where each is, a gap where one has a gap. Uniques have no total."""

    def __init__(self) -> None:
        self._boards: list[tuple[Numbers, Flags, Flags, Flags]] = []
        self._starts: Numbers = np.zeros(0, dtype=np.int64)

    def add(self, found: Periods) -> None:
        """Count in the repositories of a board."""
        counts = found.counts[::2]
        sums = np.where((counts > UNKNOWN) & found.is_row, counts, 0).sum(axis=1)
        known = ((counts > UNKNOWN) & found.is_row).any(axis=1)
        self._starts = found.starts
        self._boards.append(
            (
                np.where(known, sums, UNKNOWN),
                ((found.states == FINAL) | ~found.is_row).all(axis=1),
                ((found.states == GAP) & found.is_row).any(axis=1),
                np.asarray(found.is_row.any(axis=0)),
            )
        )

    def lines(self) -> list[_Line]:
        """Its views and its clones."""
        if not self._boards:
            return []
        sums, is_final, has_gap, is_row = (np.stack(each) for each in zip(*self._boards, strict=True))
        values = np.where((sums > UNKNOWN).any(axis=0), np.maximum(sums, 0).sum(axis=0), UNKNOWN)
        states = np.where(is_final.all(axis=0), FINAL, np.where(has_gap.any(axis=0), GAP, PENDING))
        kept = is_row.any(axis=0)
        starts, kinds = self._starts[kept], np.zeros(int(kept.sum()), dtype=np.int64)
        return [
            _Line(None, TOTAL, 2 * metric, starts, values[metric][kept], states[metric][kept], kinds)
            for metric in range(METRICS)
        ]


class _Largest:
    """The repositories with the most views of the days asked for."""

    def __init__(self) -> None:
        self._found: list[tuple[tuple[int, int, int], list[_Line]]] = []

    def add(self, board: Board, found: Periods, selection: Selection) -> int:
        """Look at the repositories of a board too; how many of them have such days."""
        first, last = number(selection.first), number(selection.last)
        counts = board.counts[::2, :, board.columns(first, last)]
        known = (counts > UNKNOWN).any(axis=2)
        views, clones = np.where(known, np.maximum(counts, 0).sum(axis=2), UNKNOWN)
        rows = np.flatnonzero((board.known_from <= last) & (board.known_until >= first))
        order = rows[np.lexsort((board.name_ranks[rows], -clones[rows], -views[rows]))]
        for row in order[:MOST_REPOSITORIES]:
            place = (-int(views[row]), -int(clones[row]), int(board.name_ranks[row]))
            self._found.append((place, _lines(board, found, int(row))))
        self._found = sorted(self._found, key=lambda each: each[0])[:MOST_REPOSITORIES]
        return len(rows)

    def lines(self) -> list[_Line]:
        """Each of their counts, by name."""
        return [line for _, lines in sorted(self._found, key=lambda each: each[0][2]) for line in lines]


def _lines(board: Board, found: Periods, row: int) -> list[_Line]:
    kept = found.is_row[row]
    starts, nothing = found.starts[kept], np.zeros(int(kept.sum()), dtype=np.int64)
    return [
        _Line(
            *(int(board.ids[row]), board.names[row], metric, starts),
            *(found.counts[metric, row][kept], found.states[metric // 2, row][kept]),
            found.kinds[metric // 2, row][kept] if metric % 2 else nothing,
        )
        for metric in range(len(COUNTS))
    ]


def _table(lines: list[_Line]) -> pa.Table:
    sizes = [len(line.starts) for line in lines]
    values = _joined([line.values for line in lines])
    ids = pa.array([line.repository_id for line in lines], type=pa.int32())
    names = pa.array([line.name for line in lines], type=pa.string())
    metrics = pa.array([COUNTS[line.metric] for line in lines], type=pa.string())
    of = pa.array(np.repeat(np.arange(len(lines)), sizes))
    return pa.table(
        {
            "repository_id": ids.take(of),
            "full_name": names.take(of),
            "period": pa.array(_joined([line.starts for line in lines]).astype(np.int32), type=pa.int32()).cast(
                pa.date32()
            ),
            "metric": metrics.take(of),
            "value": pa.array(values, mask=values == UNKNOWN),
            "state": pa.array(STATES).take(pa.array(_joined([line.states for line in lines]))),
            "kind": pa.array(KINDS, type=pa.string()).take(pa.array(_joined([line.kinds for line in lines]))),
        }
    )


def _joined(arrays: list[Numbers]) -> Numbers:
    return np.concatenate([np.zeros(0, dtype=np.int64), *arrays]).astype(np.int64)
