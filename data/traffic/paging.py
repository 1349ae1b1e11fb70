"""Where a page of a table by time lies, found without reading the table.

A repository has a row for every day from its first known one to its last, and thereby for every week. So its two ends
tell how many rows there are, and in which periods those of a page are: of years only these are read.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute as pc

from data.accounts.models import Viewer
from data.store import Store
from data.store.arrow import ask
from data.store.cache import cached
from data.store.sql import query
from data.traffic.models import Grain, Paging, Selection

# From so many days of all repositories together, and so long a time, it takes less to ask for the ends and then for the
# page than to read the table. The ends are of all years: for 30 days of 10,000 repositories they take thrice as long.
MANY_DAYS, LONG_DAYS = 20_000, 180
EPOCH = date(1970, 1, 1).toordinal()
DAYS = {Grain.DAY: 1, Grain.WEEK: 7}  # the day of the ordinal 1 is a Monday


@dataclass(frozen=True, slots=True)
class Place:
    """The selection of the periods that have a page's rows, how many of its rows come before the page, and how many
    the whole table has.
    """

    selection: Selection
    skipped: int
    total: int


def place_of(viewer: Viewer, store: Store, selection: Selection, grain: Grain, paging: Paging) -> Place | None:
    """Where the page lies in the table of days or of weeks (UTC).

    None: only the table can tell, since its days are few, its rows stand in another order or are narrowed to some, or
    the page comes after the last one. Raises: StoreMissing.
    """
    ids = selection.values(viewer)["visible"]
    is_long = selection.days >= LONG_DAYS and len(ids) * selection.days >= MANY_DAYS
    if not is_long or paging.sort_by != grain.value or selection.state or selection.search:
        return None
    spans = _spans(viewer, store, selection.today, imports=selection.imports)
    spans = spans.filter(pc.is_in(spans.column("repository_id"), pa.array(ids, pa.int32())))
    if grain is Grain.WEEK and pc.any(spans.column("has_other_weeks")).as_py():
        return None
    rows, first = _rows_by_period(spans, selection, DAYS[grain])
    until = (rows[::-1] if paging.descending else rows).cumsum()
    if not len(until) or paging.skipped >= until[-1]:
        return None
    last_row = min(paging.skipped + paging.size, until[-1]) - 1
    here, there = np.searchsorted(until, [paging.skipped, last_row], side="right")
    before = int(until[here - 1]) if here else 0
    if paging.descending:
        here, there = len(rows) - 1 - there, len(rows) - 1 - here
    narrowed = replace(
        selection,
        first=max(selection.first, date.fromordinal(first + int(here) * DAYS[grain])),
        last=min(selection.last, date.fromordinal(first + (int(there) + 1) * DAYS[grain] - 1)),
    )
    return Place(narrowed, paging.skipped - before, int(until[-1]))


def _rows_by_period(spans: pa.Table, selection: Selection, days: int) -> tuple[NDArray[np.int64], int]:
    """How many rows each period of so many days has, from the first with any; and the ordinal of its first day."""
    first = np.maximum(_ordinals(spans.column("first_day")), selection.first.toordinal())
    last = np.minimum(_ordinals(spans.column("last_day")), selection.last.toordinal())
    known = first <= last
    began, ended = (first[known] - 1) // days, (last[known] - 1) // days
    if not len(began):
        return np.zeros(0, np.int64), 0
    changes = np.bincount(began - began.min(), minlength=ended.max() - began.min() + 2)
    changes -= np.bincount(ended - began.min() + 1, minlength=len(changes))
    return changes.cumsum()[:-1], int(began.min()) * days + 1


def _ordinals(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Days as date.toordinal() numbers them; of an unknown one 0."""
    numbers: NDArray[np.int64] = pc.fill_null(pc.cast(column, pa.int32()), -EPOCH).to_numpy().astype(np.int64)
    return numbers + EPOCH


@cached("traffic")
def _spans(viewer: Viewer, store: Store, today: date, *, imports: bool) -> pa.Table:
    """From which day to which each of the viewer's repositories has rows.

    Rows: repository_id, first_day, last_day, has_other_weeks (GitHub has counted a week that has none of these days).
    """
    values = {"visible": sorted(viewer.repository_ids)}
    return ask(store, query(__name__, "spans"), today, values, imports=imports)
