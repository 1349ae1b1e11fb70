"""The numbers behind a chart: as a table, and as CSV."""

from functools import lru_cache
from typing import Any

from pandas import DataFrame

from data.accounts.models import Viewer
from data.store import Store
from data.store.arrow import arrow_table
from data.traffic import traffic
from data.traffic.models import Grain, Selection
from pages.ui import readers, tables


def table(viewer: Viewer, selection: Selection, metric: str, grain: Grain) -> Any:
    """The numbers of a chart with their states in words, as an Arrow table."""
    return _table(viewer, readers.place(), selection, metric, grain)


@lru_cache(maxsize=64)
def _table(viewer: Viewer, place: readers.Place, selection: Selection, metric: str, grain: Grain) -> Any:
    return arrow_table(tables.series_rows(shown_rows(readers.series(viewer, selection, grain), metric)))


def csv(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> bytes:
    """The same numbers as CSV, read for whoever asks at that moment."""
    return tables.csv_of(shown_rows(traffic.series(viewer, store, selection, grain), metric))


def shown_rows(rows: DataFrame, metric: str) -> DataFrame:
    """The numbers behind a chart, the newest first; of several repositories, with the total that they are part of."""
    found = rows[rows["metric"] == metric].copy()
    if found["repository_id"].nunique() == 1:
        found = found[found["repository_id"].notna()]
    found["full_name"] = found["full_name"].where(found["repository_id"].notna(), "All repositories")
    found = found.sort_values(["period", "full_name"], ascending=[False, True])
    return found[["period", "full_name", "value", "state", "kind"]]
