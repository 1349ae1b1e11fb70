"""The numbers behind the chart: as a table, and as CSV."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight.compare import Measure, beside_before
from data.store import Store
from data.store.arrow import arrow_columns, frame, numpy_values
from data.store.cache import cached
from data.text import others_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import COUNTERS, MOST_REPOSITORIES, series
from pages.ui import tables
from pages.ui.charts.bars_and_lines import sums_of_periods
from pages.ui.charts.counterpart import SUMS
from pages.ui.charts.traffic import COUNTS


@cached("traffic")
def numbers(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> Any:
    """The numbers of a chart, and what each is compared with, with their states in words, as an Arrow table."""
    rows = numbers_of(series(viewer, store, selection, grain, metric), metric)
    names, periods, states, kinds = (
        numpy_values(rows.column(name)).tolist() for name in ("full_name", "period", "state", "kind")
    )
    columns: dict[str, Any] = {name: rows.column(name) for name in ("full_name", "period", "value")}
    if metric not in COUNTERS:
        of_rows = rows.column("repository_id").unique().drop_null().to_pylist()
        shown = replace(selection, repository_ids=frozenset(of_rows), search="")
        before = beside_before(viewer, store, shown, Measure(metric), grain, most=MOST_REPOSITORIES)
        if before.num_rows:
            called, days, values, *_ = (numpy_values(column).tolist() for column in before.columns)
            earlier = dict(zip(zip(called, days, strict=True), values, strict=True))
            found = np.array([earlier.get(key, np.nan) for key in zip(names, periods, strict=True)])
            columns["before"] = pd.array(found, dtype="Int64")
    columns["state"] = [tables.STATES[state] for state in states]
    counted = [tables.KINDS.get(kind) for kind in kinds]
    return arrow_columns(columns | ({"counted": counted} if any(counted) else {}))


def file_rows(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> DataFrame:
    """The numbers of a chart for a file, under the names and in the order that these columns have in every file."""
    rows = frame(numbers_of(series(viewer, store, selection, grain, metric), metric))
    rows = rows.rename(columns={"period": grain.value})
    is_sum = (rows["kind"] == "sum_of_days").fillna(False)
    rows[metric] = rows["value"].mask(is_sum)
    shown = ["full_name", "repository_id", grain.value, metric]
    if metric in SUMS and is_sum.any():
        rows[SUMS[metric]] = rows["value"].where(is_sum)
        shown.append(SUMS[metric])
    if metric in SUMS:
        rows = rows.rename(columns={"kind": f"{metric}_kind"})
        shown.append(f"{metric}_kind")
    if metric not in COUNTERS:
        state = "clones_state" if metric in {"clones", "clone_uniques"} else "views_state"
        shown.append(state)
        rows = rows.rename(columns={"state": state})
    return rows[shown]


def numbers_of(rows: DataFrame, metric: str) -> Any:
    """The numbers behind a chart, the newest first, as an Arrow table. Of counts, the repositories that have no row of
    their own are one more, so that all rows add up to what all repositories have.
    """
    left_out = int(rows.attrs.get("left_out", 0))
    is_total, columns = np.isnan(numpy_values(rows["repository_id"])), {name: rows[name] for name in rows.columns}
    has_rest = bool(left_out) and metric in COUNTS
    if has_rest:
        names, periods, values = (numpy_values(rows[name]) for name in ("full_name", "period", "value"))
        of_each = sums_of_periods(periods, np.where(is_total, 0, values))
        columns["value"] = rows["value"] - np.where(is_total, of_each, 0).astype(np.int64)
        columns["full_name"] = np.where(is_total, others_text(left_out), names)
    found = arrow_columns(columns)
    shown = found if has_rest else found.filter(found.column("repository_id").is_valid())
    return shown.sort_by([("period", "descending"), ("full_name", "ascending")])
