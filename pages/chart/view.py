"""The numbers behind the chart: as a table, and as CSV."""

from typing import Any

import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight.compare import Measure, beside_before
from data.store import Store
from data.store.arrow import arrow_table
from data.store.cache import cached
from data.text import others_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import COUNTERS, MOST_REPOSITORIES, series
from pages.ui import tables
from pages.ui.charts.counterpart import SUMS
from pages.ui.charts.traffic import COUNTS


@cached("traffic")
def numbers(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> Any:
    """The numbers of a chart, and what each is compared with, with their states in words, as an Arrow table."""
    rows = numbers_of(series(viewer, store, selection, grain, metric), metric)
    shown = rows[["full_name", "period", "value"]].copy()
    if metric not in COUNTERS:
        before = beside_before(viewer, store, selection, Measure(metric), grain, most=MOST_REPOSITORIES)
        if len(before):
            earlier = before.set_index(["full_name", "period"])["value"].to_dict()
            keys = zip(rows["full_name"], rows["period"], strict=True)
            shown["before"] = pd.array([earlier.get(key) for key in keys], dtype="Int64")
    shown["state"] = rows["state"].map(tables.STATES)
    counted = rows["kind"].map(tables.KINDS)
    if counted.notna().any():
        shown["counted"] = counted
    return arrow_table(shown)


def file_rows(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> DataFrame:
    """The numbers of a chart for a file, under the names and in the order that these columns have in every file."""
    rows = numbers_of(series(viewer, store, selection, grain, metric), metric).rename(columns={"period": grain.value})
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


def numbers_of(rows: DataFrame, metric: str) -> DataFrame:
    """The numbers behind a chart, the newest first. Of counts, the repositories that have no row of their own are one
    more, so that all rows add up to what all repositories have.
    """
    left_out = int(rows.attrs.get("left_out", 0))
    found = rows[rows["repository_id"].notna()]
    if left_out and metric in COUNTS:
        rest = rows[rows["repository_id"].isna()].copy()
        rest["value"] -= rest["period"].map(found.groupby("period")["value"].sum()).fillna(0)
        rest["full_name"] = others_text(left_out)
        found = pd.concat([found, rest])
    return found.sort_values(["period", "full_name"], ascending=[False, True])
