"""The days with which a selection is compared, as a dashed line in a chart of totals, and in what its bars tell."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from data.accounts.models import Viewer
from data.store import Store
from data.text import counted, day_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import series, series_before
from pages.ui.charts.bars_and_lines import UNSEEN, Column
from pages.ui.charts.chart import COLOURS

SUMS = {"view_uniques": "visitor_days", "clone_uniques": "cloner_days"}  # what uniques are called that are added up
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
        """The specification of a chart of bars, or of one line, with these columns, with the line, and told by each."""
        found = copy.deepcopy(dict(specification))
        found["transform"] = [*found.get("transform", []), {"calculate": BEFORE_TOLD, "as": "before_told"}]
        marks = next(each for each in found["layer"] if each["mark"]["type"] in {"bar", "point"})
        for each in found["layer"]:
            if each is marks or each["mark"].get("opacity") == UNSEEN:
                told = {"field": "before_told", "type": "nominal", "title": "Compared total"}
                each["encoding"]["tooltip"].append(told)
        x, y = ({key: value for key, value in marks["encoding"][each].items() if key != "field"} for each in "xy")
        line = {"type": "line", "color": COLOURS["rest"], "strokeWidth": 2, "strokeDash": [5, 4], "aria": False}
        pieces = {"field": "line_piece", "type": "nominal"}
        encoding = {"x": x | {"field": "at"}, "y": y | {"field": "line", "type": "quantitative"}, "detail": pieces}
        found["layer"].append({"mark": line, "transform": [{"filter": "isValid(datum.line)"}], "encoding": encoding})
        return found


def counterpart(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> Counterpart | None:
    """What the totals of a metric, or what is known of a single repository, are compared with; None: with nothing.

    Each period is compared with the days that lie as long before its own, so that the line adds up to what the tile is
    compared with. GitHub's own uniques of weeks have no such counterpart, unless the weeks are whole ones then, too.
    """
    before = selection.counterpart
    if before is None:
        return None
    rows = series_before(viewer, store, selection, grain)
    if metric in SUMS and (rows["repositories"] > 1).any():  # people of several repositories do not add up
        return None
    values = rows.set_index("period")[SUMS.get(metric, metric)]
    if metric in SUMS and grain is Grain.WEEK:
        weeks = series(viewer, store, before, grain)
        weeks = weeks[(weeks["metric"] == metric) & (weeks["kind"] == "week")].set_index("period")["value"]
        later = selection.first - before.first
        values = weeks.rename(lambda week: week + later) if later.days % 7 == 0 else weeks.iloc[:0]
        rows = rows.assign(views_gaps=0, clones_gaps=0)  # GitHub has counted the whole week
    counts = {period: float(value) for period, value in values.dropna().items()}
    if not counts:
        return None
    gaps = rows["clones_gaps" if metric.startswith("clone") else "views_gaps"]
    ends = zip(rows["period"], rows["first_day"], rows["last_day"], gaps, strict=True)
    names = {period: _span(first, last, missing) for period, first, last, missing in ends}
    return Counterpart(before.first, before.last, counts, names)


def _span(first: date, last: date, gaps: int) -> str:
    span = day_text(first) if first == last else f"{day_text(first)} to {day_text(last)}"
    return f"{span}, {counted(gaps, 'day')} not collected" if gaps else span
