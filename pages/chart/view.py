"""The numbers behind the chart: as a table, and as CSV."""

from typing import Any

from pandas import DataFrame

from data.accounts.models import Viewer
from data.store import Store
from data.store.arrow import arrow_table
from data.store.cache import cached
from data.traffic.models import Grain, Selection
from data.traffic.traffic import series
from pages.ui import tables


@cached("traffic")
def numbers(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> Any:
    """The numbers of a chart with their states in words, as an Arrow table."""
    rows = numbers_of(series(viewer, store, selection, grain), metric)
    shown = rows[["full_name", "period", "value"]].copy()
    shown["state"] = rows["state"].map(tables.STATES)
    if rows["kind"].notna().any():
        shown["counted"] = rows["kind"].map(tables.KINDS)
    return arrow_table(shown)


def numbers_csv(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> bytes:
    return tables.csv_of(numbers_of(series(viewer, store, selection, grain), metric))


def numbers_of(rows: DataFrame, metric: str) -> DataFrame:
    """The numbers behind a chart, the newest first; of several repositories, with the total that they are part of."""
    rows = rows[rows["metric"] == metric].copy()
    if rows["repository_id"].nunique() == 1:
        rows = rows[rows["repository_id"].notna()]
    rows["full_name"] = rows["full_name"].where(rows["repository_id"].notna(), "All repositories")
    rows = rows.sort_values(["period", "full_name"], ascending=[False, True])
    return rows[["period", "full_name", "value", "state", "kind"]]
