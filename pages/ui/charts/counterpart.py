"""The days with which a selection is compared, as a dashed line in a chart of totals, and in what its bars tell."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data.accounts.models import Viewer
from data.calendar import months_between, months_later
from data.store import Store
from data.text import day_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import series
from pages.ui.charts.bars_and_lines import Column, period_name
from pages.ui.charts.chart import COLOURS

BEFORE_TOLD = "isValid(datum.before) ? format(datum.before, ',d') + ' (' + datum.before_when + ')' : '–'"


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What the periods of a chart are compared with: of each, the count of the earlier one, and what that is called."""

    first: date
    last: date
    counts: Mapping[date, float]
    names: Mapping[date, str]

    def columns(self, periods: Sequence[date]) -> dict[str, Column]:
        """For the rows of a chart, by period: before, before_when; and line (before, once a period) with its pieces,
        since it breaks where nothing is known.
        """
        before = np.array([self.counts.get(each, np.nan) for each in periods], dtype=np.float64)
        seen = pd.Series(periods, dtype="object").duplicated().to_numpy()
        names = np.array([self.names.get(each) for each in periods], dtype=object)
        line, pieces = np.where(seen, np.nan, before), np.cumsum(np.isnan(before) & ~seen)
        return {"before": before, "before_when": names, "line": line, "line_piece": pieces}

    @property
    def title(self) -> str:
        return f"{day_text(self.first)} to {day_text(self.last)}"

    @property
    def legend(self) -> tuple[str, str]:
        """Its part of a legend."""
        return f"border-top:2px dashed {COLOURS['rest']};height:.2em", f"Compared: {self.title}"

    def drawn(self, specification: Mapping[str, Any]) -> dict[str, Any]:
        """The specification of a chart of bars with these columns, with the line, and told by each bar."""
        found = copy.deepcopy(dict(specification))
        found["transform"] = [*found.get("transform", []), {"calculate": BEFORE_TOLD, "as": "before_told"}]
        bars = next(each for each in found["layer"] if each["mark"]["type"] == "bar")
        bars["encoding"]["tooltip"].append({"field": "before_told", "type": "nominal", "title": "Compared total"})
        x, y = ({key: value for key, value in bars["encoding"][each].items() if key != "field"} for each in "xy")
        line = {"type": "line", "color": COLOURS["rest"], "strokeWidth": 2, "strokeDash": [5, 4], "aria": False}
        pieces = {"field": "line_piece", "type": "nominal"}
        encoding = {"x": x | {"field": "at"}, "y": y | {"field": "line", "type": "quantitative"}, "detail": pieces}
        found["layer"].append({"mark": line, "transform": [{"filter": "isValid(datum.line)"}], "encoding": encoding})
        return found


def counterpart(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> Counterpart | None:
    """What the totals of a metric, or what is known of a single repository, are compared with; None: with nothing."""
    before = selection.counterpart
    if before is None:
        return None
    rows = series(viewer, store, before, grain)
    rows = rows[(rows["metric"] == metric) & rows["value"].notna() & (rows["state"] != "gap")]
    of_all = rows[rows["repository_id"].isna()]
    rows = rows if of_all.empty else of_all
    if rows["period"].duplicated().any() or rows.empty:  # of several repositories, which do not add up
        return None
    later = {period: _later(period, before, selection, grain) for period in rows["period"]}
    values = rows["value"].to_numpy(dtype=np.float64)
    counts = {later[period]: float(value) for period, value in zip(rows["period"], values, strict=True)}
    names = {later[period]: period_name(period, grain) for period in rows["period"]}
    return Counterpart(before.first, before.last, counts, names)


def _later(period: date, before: Selection, selection: Selection, grain: Grain) -> date:
    """The period of a selection that is compared with that one."""
    if grain is Grain.MONTH:
        return months_later(period, months_between(before.first, selection.first))
    return period + timedelta(days=(selection.first - before.first).days)
