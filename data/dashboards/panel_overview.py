"""What other readers tell, as the rows of a panel: the repositories at a glance, and the numbers of the overview."""

from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas import DataFrame

from data.accounts.models import Viewer
from data.dashboards.specification import Kind, Panel
from data.store import Store
from data.traffic import traffic
from data.traffic.models import Selection

_COLUMNS = {"views": "views_30", "clones": "clones_30", "stars": "stars", "days until loss": "days_until_loss"}


def overview_rows(viewer: Viewer, store: Store, panel: Panel, today: date) -> DataFrame:
    """The repositories at a glance, the largest first; as a number together, of days until loss the least."""
    found = traffic.repository_summaries(viewer, store, today)
    followed = found[found["state"] != "removed"]
    if panel.kind is Kind.NUMBER:
        values = followed[_COLUMNS[panel.measure]].dropna()
        least = panel.measure == "days until loss"
        value = (values.min() if least else values.sum()) if len(values) else None
        return number_row(value, None, "final" if len(values) == len(followed) else "gap")
    rows = DataFrame({"name": followed["full_name"], "value": followed[_COLUMNS[panel.measure]]})
    rows.insert(0, "period", pd.array([None] * len(rows), dtype=pd.ArrowDtype(pa.date32())))
    rows["state"] = pd.array(["gap" if each else "final" for each in rows["value"].isna()], dtype=rows["name"].dtype)
    for measure in panel.also:
        rows[measure] = followed[_COLUMNS[measure]]
    ascending = panel.measure == "days until loss"
    rows = rows.sort_values("value", ascending=ascending, na_position="last", kind="stable").assign(names=len(rows))
    return rows.head(panel.most)


def stars_gained(viewer: Viewer, store: Store, selection: Selection) -> DataFrame:
    """The stars gained on the final days of the selection, as the overview tells them."""
    found = traffic.totals(traffic.repository_sums(viewer, store, selection))
    stars = found.stars
    comparable = (stars.compared, stars.before) if found.comparable else (None, None)
    return number_row(stars.value, comparable[1], "final", comparable[0])


def number_row(value: Any, before: Any, state: str, compared: Any = None) -> DataFrame:
    """The one row of a number: its value; that of before, and what of the value it is compared with (all of it, where
    that is not told); its state. None is unknown.
    """
    compared = value if compared is None and before is not None else compared
    number = pd.ArrowDtype(pa.int64())
    numbers = {
        name: pd.array([None if each is None or pd.isna(each) else int(each)], dtype=number)
        for name, each in (("value", value), ("before", before), ("compared", compared))
    }
    return DataFrame(numbers | {"state": pd.array([state], dtype=pd.ArrowDtype(pa.string()))})
