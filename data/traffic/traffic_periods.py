"""The days of a board as whole periods: days, weeks from Monday, months, as v_daily and v_weekly tell them. Pure."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from data.calendar import WINDOW_DAYS, monday
from data.traffic.models import Grain, Selection
from data.traffic.traffic_days import FINAL, GAP, PENDING, UNKNOWN, Board, Flags, Numbers, States, day_of, number

NO_KIND, OF_DAYS, OF_GITHUB = range(3)
KINDS = (None, "days", "github")
METRICS = 2  # views and clones; of each a count and its uniques
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """The periods of a board's repositories: a row a repository, a column a period, `starts` their first days.

    `counts` (a count of COUNTS; UNKNOWN is -1) and `states` (views, clones) tell something only where there `is_row`;
    `kinds` (views, clones) is what the uniques are.
    """

    starts: Numbers
    counts: Numbers
    states: States
    kinds: States
    is_row: Flags


def periods(board: Board, selection: Selection, grain: Grain) -> Periods:
    """Every period that has a day in the selection, each whole."""
    if grain is Grain.DAY:
        return _days(board, board.columns(number(selection.first), number(selection.last)))
    starts, ends = _weeks_of(selection) if grain is Grain.WEEK else _months_of(board, selection)
    there = (ends >= board.first) & (starts <= board.last)
    if not there.any():
        return _days(board, slice(0, 0))
    return (_weeks if grain is Grain.WEEK else _months)(board, starts[there], ends[there])


def _days(board: Board, columns: slice) -> Periods:
    states = board.states[:, :, columns]
    starts = np.arange(board.first + columns.start, board.first + columns.stop)
    return Periods(starts, board.counts[:, :, columns], states, np.zeros_like(states), board.is_row[:, columns])


def _weeks(board: Board, starts: Numbers, ends: Numbers) -> Periods:
    """A week is as GitHub counted it, with true uniques, unless its days have more; else the sum of its known days."""
    summed = _Summed(board, starts, ends)
    whole = _whole_weeks(board, starts)
    uniques = np.where(whole[::2] >= np.maximum(summed.counts[::2], 0), whole[1::2], UNKNOWN)
    counts = summed.counts.copy()
    counts[::2] = np.maximum(whole[::2], summed.counts[::2])
    counts[1::2] = np.where(uniques > UNKNOWN, uniques, summed.counts[1::2])
    kinds = np.where(uniques > UNKNOWN, OF_GITHUB, np.where(counts[1::2] > UNKNOWN, OF_DAYS, NO_KIND)).astype(np.int8)
    lacks_days = (summed.first_days > starts) | (
        (summed.last_days < ends) & (summed.last_days < board.today - WINDOW_DAYS)
    )
    lacks_days = np.where(summed.any_days, lacks_days, starts < board.today - (WINDOW_DAYS - 1))
    states = _judged((uniques > UNKNOWN) | (summed.final_days == 7), summed.any_gap | lacks_days)
    return Periods(starts, counts, states, kinds, summed.any_days | (whole > UNKNOWN).any(axis=0))


def _months(board: Board, starts: Numbers, ends: Numbers) -> Periods:
    summed = _Summed(board, starts, ends)
    lacks_days = (summed.first_days > starts) | (
        (summed.last_days < ends) & (summed.last_days < board.today - WINDOW_DAYS)
    )
    states = _judged(summed.final_days == ends - starts + 1, summed.any_gap | lacks_days)
    kinds = np.where(summed.counts[1::2] > UNKNOWN, OF_DAYS, NO_KIND).astype(np.int8)
    return Periods(starts, summed.counts, states, kinds, summed.any_days)


class _Summed:
    """The known days of each stretch added up, and what is known of them: a row a repository, a column a stretch."""

    def __init__(self, board: Board, starts: Numbers, ends: Numbers) -> None:
        columns = board.columns(int(starts[0]), int(ends[-1]))
        at = np.maximum(starts - board.first, 0) - columns.start
        counts, is_row = board.counts[:, :, columns], board.is_row[:, columns]
        states = board.states[:, :, columns]
        days = np.arange(board.first + columns.start, board.first + columns.stop)
        known = counts > UNKNOWN
        sums = np.add.reduceat(np.where(known, counts, 0), at, axis=-1)
        self.counts = np.where(np.logical_or.reduceat(known, at, axis=-1), sums, UNKNOWN)
        self.final_days = np.add.reduceat((states == FINAL) & is_row, at, axis=-1, dtype=np.int64)
        self.any_gap = np.logical_or.reduceat((states == GAP) & is_row, at, axis=-1)
        self.any_days = np.logical_or.reduceat(is_row, at, axis=-1)
        self.first_days = np.minimum.reduceat(np.where(is_row, days, NEVER), at, axis=-1)
        self.last_days = np.maximum.reduceat(np.where(is_row, days, UNKNOWN), at, axis=-1)


def _judged(is_final: Flags, has_gap: Flags) -> States:
    return np.where(is_final, FINAL, np.where(has_gap, GAP, PENDING)).astype(np.int8)


def _whole_weeks(board: Board, starts: Numbers) -> Numbers:
    """What GitHub counted of each week; UNKNOWN where it did not, or not of the whole week."""
    found = np.full((2 * METRICS, len(board.ids), len(starts)), UNKNOWN)
    rows, weeks, *counts = board.weeks[:, (board.weeks[1] >= starts[0]) & (board.weeks[1] <= starts[-1])]
    found[:, rows, (weeks - starts[0]) // 7] = counts
    return found


def _weeks_of(selection: Selection) -> tuple[Numbers, Numbers]:
    starts = np.arange(number(monday(selection.first)), number(selection.last) + 1, 7)
    return starts, starts + 6


def _months_of(board: Board, selection: Selection) -> tuple[Numbers, Numbers]:
    """The months of the selection, as far as the board has days of them."""
    month = max(selection.first, day_of(board.first)).replace(day=1)
    bounds = []
    while month <= min(selection.last, day_of(board.last)):
        following = (month + timedelta(days=31)).replace(day=1)
        bounds.append((number(month), number(following) - 1))
        month = following
    starts, ends = np.array(bounds, dtype=np.int64).reshape(-1, 2).T
    return starts, ends
