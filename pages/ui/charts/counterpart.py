"""The days with which a selection is compared, as a dashed line in a chart, of all together or of each of its lines,
and in its tooltips.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import isnan
from typing import Any

import numpy as np

from data.accounts.models import Viewer
from data.insight.compare import Groups, Measure, beside_before
from data.store import Store
from data.store.arrow import numpy_values
from data.text import counted, days_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import series, series_before
from pages.ui.charts.bars_and_lines import NEAREST, UNSEEN, Column, pieces
from pages.ui.charts.chart import COLOURS

SUMS = {"view_uniques": "visitor_days", "clone_uniques": "cloner_days"}  # what uniques are called that are added up
BEFORE_TEXT = "isValid(datum.before) ? format(datum.before, ',d') + ' (' + datum.before_when + ')' : '–'"
MOST_LINES = 4  # that are compared at once
FAINT = 0.7
INDEX_NUMBER = ",.4~r"


@dataclass(frozen=True, slots=True)
class Counterpart:
    """What the periods of a chart are compared with: of each, the count of the earlier one, and what that is called.

    Of `lines` each has its own: periods are pairs then, of a name and a period, and so many names there are. More than
    a few would be a tangle: then only that of the line that is pointed at is drawn.
    """

    first: date
    last: date
    counts: Mapping[Any, float]
    names: Mapping[Any, str]
    lines: int = 0
    number: str = ",d"  # how counts are written

    def columns(self, periods: Column, names: Column | None = None) -> dict[str, Column]:
        """For the rows of a chart, by period, of lines by name, too: before, before_when; and line (before, once
        a period) with its pieces, since it breaks where nothing is known.
        """
        of = names if self.lines and names is not None else np.zeros(len(periods))
        keys: list[Any] = list(zip(of, periods.tolist(), strict=True)) if self.lines else periods.tolist()
        before = np.array([self.counts.get(each, np.nan) for each in keys], dtype=np.float64)
        when = np.array([self.names.get(each) for each in keys], dtype=object)
        first = np.ones(len(periods), dtype=bool)
        first[1:] = (periods[1:] != periods[:-1]) | (of[1:] != of[:-1])
        piece = pieces(np.isnan(before) & first, of)
        return {"before": before, "before_when": when, "line": np.where(first, before, np.nan), "line_piece": piece}

    @property
    def title(self) -> str:
        return days_text(self.first, self.last)

    @property
    def hint(self) -> str:
        """What says where the lines are that are not drawn until one is pointed at."""
        return f"Point at a line to compare it with {self.title} (dashed)." if self.lines > MOST_LINES else ""

    @property
    def legend(self) -> Sequence[tuple[str, str]]:
        """Its part of a legend."""
        style = f"border-top:2px dashed {COLOURS['rest']};height:.2em"
        return [] if self.hint else [(style, f"Compared: {self.title}")]

    def in_percent_of(self, medians: Mapping[str, float]) -> "Counterpart":
        """The counts of lines in percent of what each line's own median is; of those that have one."""
        counts = {key: 100 * count / medians[key[0]] for key, count in self.counts.items() if key[0] in medians}
        return replace(self, counts=counts, number=INDEX_NUMBER)

    def drawn(self, specification: Mapping[str, Any]) -> dict[str, Any]:
        """The specification of a chart of bars, or of lines, with these columns, with the lines, and each tooltip."""
        text = BEFORE_TEXT.replace(",d", self.number)
        transform = [*specification.get("transform", []), {"calculate": text, "as": "before_text"}]
        marks = next(each for each in specification["layer"] if each["mark"]["type"] in {"bar", "point"})
        title = "Compared" if self.lines else "Compared total"
        tooltip = {"field": "before_text", "type": "nominal", "title": title}
        layers = [
            each | {"encoding": each["encoding"] | {"tooltip": [*each["encoding"]["tooltip"], tooltip]}}
            if each is marks or each["mark"].get("opacity") == UNSEEN
            else each
            for each in specification["layer"]
        ]
        x, y = ({key: value for key, value in marks["encoding"][each].items() if key != "field"} for each in "xy")
        line = {"type": "line", "strokeWidth": 2, "strokeDash": [5, 4], "aria": False, "tooltip": None}
        pieces = {"field": "line_piece", "type": "nominal"}
        encoding = {"x": x | {"field": "at"}, "y": y | {"field": "line", "type": "quantitative"}, "detail": pieces}
        if self.lines:
            line |= {"strokeWidth": 1.5}
            encoding["color"] = marks["encoding"]["color"]
            at = {"condition": {"param": NEAREST, "empty": False, "value": FAINT}, "value": 0}
            encoding["opacity"] = at if self.hint else {"value": FAINT}
        else:
            line |= {"color": COLOURS["rest"]}
        layers.append({"mark": line, "transform": [{"filter": "isValid(datum.line)"}], "encoding": encoding})
        return {**specification, "transform": transform, "layer": layers}


def why_not(selection: Selection, measure: str, grain: Grain) -> str:
    """Why lines are not compared, where they are to be."""
    before = selection.counterpart
    if before is None:
        return ""
    if measure in SUMS and grain is not Grain.DAY:
        alike = "" if grain is Grain.MONTH else ", or by week with *Same period last year*"
        return f"Unique people are compared by day{alike}: GitHub counts them for days and whole weeks only."
    return f"There is no data of {days_text(before.first, before.last)} to compare with."


def counterparts(
    viewer: Viewer, store: Store, selection: Selection, measure: Measure, grain: Grain, *, groups: Groups = ()
) -> Counterpart | None:
    """What each repository or group of data.insight.compare.beside is compared with; None: with nothing."""
    before = selection.counterpart
    rows = beside_before(viewer, store, selection, measure, grain, groups=groups)
    rows = rows.filter(rows.column("value").is_valid())
    if before is None or not rows.num_rows:
        return None
    called, periods, values, *ends = (numpy_values(column).tolist() for column in rows.columns)
    keys, spans = list(zip(called, periods, strict=True)), list(zip(*ends, strict=True))
    texts = {each: _span(*each) for each in set(spans)}  # most lines have the same
    names = {key: texts[each] for key, each in zip(keys, spans, strict=True)}
    return Counterpart(before.first, before.last, dict(zip(keys, values, strict=True)), names, len(set(called)))


def counterpart(viewer: Viewer, store: Store, selection: Selection, metric: str, grain: Grain) -> Counterpart | None:
    """What the totals of a metric, or what is known of a single repository, are compared with; None: with nothing.

    Each period is compared with the days that lie as long before its own, so that the line adds up to what the tile is
    compared with. GitHub's own uniques of weeks have no such counterpart, unless the weeks are whole ones then, too.
    """
    before = selection.counterpart
    if before is None:
        return None
    rows = series_before(viewer, store, selection, grain)
    if metric in SUMS and rows["has_several"].any():  # people of several repositories do not add up
        return None
    gaps = numpy_values(rows["clones_gaps" if metric.startswith("clone") else "views_gaps"])
    days = [numpy_values(rows[name]).tolist() for name in ("period", "first_day", "last_day")]
    counted = zip(days[0], numpy_values(rows[SUMS.get(metric, metric)]).tolist(), strict=True)
    if metric in SUMS and grain is Grain.WEEK:
        gaps = np.zeros(len(gaps))  # GitHub has counted the whole week
        later = (selection.first - before.first).days
        weeks = series(viewer, store, before, grain, metric)
        periods, values, kinds = (numpy_values(weeks[name]) for name in ("period", "value", "kind"))
        whole = (kinds == "week") & (later % 7 == 0)
        counted = zip((periods[whole] + later).tolist(), values[whole].tolist(), strict=True)
    counts = {period: value for period, value in counted if not isnan(value)}
    if not counts:
        return None
    names = dict(zip(days[0], map(_span, *days[1:], gaps.tolist()), strict=True))
    return Counterpart(before.first, before.last, counts, names)


def _span(first: date, last: date, gaps: int) -> str:
    span = days_text(first, last)
    return f"{span}, {counted(gaps, 'day')} not collected" if gaps else span
