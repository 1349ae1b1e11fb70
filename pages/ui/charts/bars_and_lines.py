"""Charts over time, whatever they are of: where each mark stands, its texts, and the layers they make. Pure.

The charts of traffic and those of dashboards share it, so that a pending period and a gap look alike everywhere.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Self

import altair as alt
import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame

from data.store.arrow import numpy_values
from data.text import days_text, number_texts, weekday_text
from data.traffic.models import Grain
from pages.ui.charts.chart import FLUSH, KNOWN, either, rows_where, tooltip
from pages.ui.notation import DAY_TICK

Column = NDArray[Any]

TICKS = 8
LONG_DAYS = 300  # from so many days on a tick names the year
MONTHS_FROM_DAYS = 70  # from so many on ticks are the first of months
MONTHS_APART = (1, 2, 3, 6, 12)
UNSEEN = 0
NEAREST = "nearest"  # the series of the point that is nearest to whoever points
LABEL_PIXELS, LABEL_WIDTH = 14, 120  # how far names at the ends of lines stand apart, and how wide they may be
ROOMY = "!(containerSize()[0] < 500)"
POINTED = 62  # periods; on more of them, points would hide their line
BAR_DAYS = {Grain.DAY: 0.78, Grain.WEEK: 5.6, Grain.MONTH: 24.0}
BAND_DAYS = {Grain.DAY: 1.0, Grain.WEEK: 7.0, Grain.MONTH: 30.4}
IMPORTED = "imported"  # the state of a final day that another tool has reported
PARTLY_IMPORTED = "with imports"  # and of a final week or month that holds such days
PARTLY = "partly"  # the state of a bar of a week or month of which some days are pending
STATES = {
    "final": "final",
    IMPORTED: "final, imported from another tool",
    PARTLY_IMPORTED: "final, with days imported from another tool",
    "partial": "partial: only some of its days are in the chosen range",
    "so far": "final so far: further days are pending",
    PARTLY: "some days are pending: it may still change",
    "pending": "pending: it may still change",
    "gap": "gap: partial at most",
}
OPEN = ("partial", "pending", "gap")
LIGHTER = f"indexof(['partial', '{PARTLY}'], datum.state) >= 0"  # bars that are neither full nor hollow
HOLLOW = f"datum.open && !({LIGHTER})"


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    names: Column
    periods: Column
    values: Column
    states: Column

    def only(self, kept: Column) -> Self:
        return type(self)(*(getattr(self, field.name)[kept] for field in fields(self)))


def placed(marks: Marks, names: Sequence[str], grain: Grain) -> dict[str, Column]:
    """The marks by period and by the rank of their series among `names`, with all that a chart needs, as columns.

    name, period, value (NaN: unknown), state; open (not final), piece (a line's: it breaks at gaps), dashed (what a
    dashed line goes through); at, bar_from, bar_to, band_from, band_to (UTC), bottom, top; when, state_text,
    spoken (texts); gaps (the series of which the period is a gap; once a period, else None).
    """
    rank_of = {name: rank for rank, name in enumerate(names)}
    ranks = np.array([rank_of[name] for name in marks.names.tolist()], dtype=np.int64)
    order = np.lexsort((ranks, marks.periods))
    marks, ranks = marks.only(order), ranks[order]
    periods, begins, of = np.unique(marks.periods, return_index=True, return_inverse=True)
    when = objects(period_name(period, grain) for period in periods.tolist())[of]
    columns = {"name": marks.names, "period": marks.periods, "value": marks.values, "state": marks.states}
    return columns | _bars(marks, begins[of], grain) | _lines(ranks, marks) | _texts(marks, when)


def with_imports(rows: DataFrame, grain: Grain = Grain.DAY) -> Column:
    """The states of rows of traffic.series, the imported final days marked as such, and the final weeks
    and months that hold such days.
    """
    imported_state = IMPORTED if grain is Grain.DAY else PARTLY_IMPORTED
    states, kinds = numpy_values(rows["state"]), numpy_values(rows["kind"])
    return np.where((states == "final") & (kinds == "import"), imported_state, states).astype(object)


def partly(states: Column) -> Column:
    """The states of weeks or months that are bars: a few pending days make none of them hollow, but are named."""
    return np.where(states == "pending", PARTLY, states).astype(object)


def period_name(period: date, grain: Grain) -> str:
    if grain is Grain.MONTH:
        return f"{period:%B %Y}"
    if grain is Grain.WEEK:
        year, week, _ = period.isocalendar()
        last = period + timedelta(days=6)
        return f"Week {week} of {year}, {days_text(period, last, year=False)}"
    return weekday_text(period)


def _bars(marks: Marks, first: Column, grain: Grain) -> dict[str, Column]:
    """From when to when the bar and the band of each period reach, and where it stands on those before it, down to the
    `first` row of its period.
    """
    columns: dict[str, Column] = {"at": marks.periods.astype("datetime64[s]")}
    moments = marks.periods.astype("datetime64[us]")
    for name, width in (("bar", BAR_DAYS[grain]), ("band", BAND_DAYS[grain])):
        half = np.timedelta64(timedelta(days=width / 2))
        columns |= {f"{name}_from": moments - half, f"{name}_to": moments + half}
    known = np.nan_to_num(marks.values)
    tops = np.cumsum(known)
    tops -= (tops - known)[first]
    return columns | {"top": tops, "bottom": tops - known}


def _lines(ranks: Column, marks: Marks) -> dict[str, Column]:
    """Of each series apart: where its line is in pieces, and where it is dashed."""
    is_open = np.isin(marks.states, OPEN)
    breaks = np.isnan(marks.values) | (marks.states == "gap")
    dashed = is_open.copy()
    for rank in set(ranks.tolist()):
        rows = np.flatnonzero(ranks == rank)
        dashed[rows[:-1]] |= is_open[rows[1:]]
    return {"open": is_open, "piece": pieces(breaks, ranks), "dashed": dashed}


def pieces(breaks: Column, series: Column) -> Column:
    """Of each series apart, the number of each row's piece: another one begins at each break."""
    found = np.zeros(len(series), dtype=np.int64)
    for each in set(series.tolist()):
        rows = series == each
        found[rows] = np.cumsum(breaks[rows])
    return found


def _texts(marks: Marks, when: Column) -> dict[str, Column]:
    state_texts = objects(STATES[state] for state in marks.states.tolist())
    parts = zip(marks.names, when, number_texts(marks.values.tolist()), state_texts, strict=True)
    spoken = objects(f"{name}, {at}: {number}, {state}" for name, at, number, state in parts)
    return {"when": when, "state_text": state_texts, "spoken": spoken, "gaps": _gaps(marks)}


def _gaps(marks: Marks) -> Column:
    """The names of all series with a gap in a period, at the first of its rows that are one."""
    rows = np.flatnonzero(marks.states == "gap")
    of_period: dict[date, list[int]] = {}
    for row, period in zip(rows.tolist(), marks.periods[rows].tolist(), strict=True):
        of_period.setdefault(period, []).append(row)
    found = np.full(len(marks.names), None, dtype=object)
    for places in of_period.values():
        found[places[0]] = ", ".join(marks.names[places])
    return found


def objects(values: Iterable[Any]) -> Column:
    """A column of texts, or of whatever else."""
    return np.array(list(values), dtype=object)


def sums_of_periods(periods: Column, values: Column) -> Column:
    """For each row what the values of its period add up to; unknown ones are left out."""
    _, of = np.unique(periods, return_inverse=True)
    return np.bincount(of, np.nan_to_num(values))[of]


def totals(columns: Mapping[str, Column]) -> dict[str, Column]:
    """What the values of each row's period add up to (NaN: none is known), and whether it is its period's first row."""
    if not len(columns["at"]):
        return {"total": np.array([]), "first": np.array([], dtype=bool)}
    _, begins, of = np.unique(columns["at"], return_index=True, return_inverse=True)
    sums = np.bincount(of, np.nan_to_num(columns["value"]))
    sums[np.bincount(of, ~np.isnan(columns["value"])) == 0] = np.nan
    first = np.zeros(len(of), dtype=bool)
    first[begins] = True
    return {"total": sums[of], "first": first}


def end_labels(columns: Mapping[str, Column], height: int) -> dict[str, Column]:
    """At the last known value of each series its name, and where it is written: apart from each other, in pixels of a
    chart of that height.
    """
    label, place = np.full(len(columns["name"]), None, dtype=object), np.full(len(columns["name"]), np.nan)
    known = ~np.isnan(columns["value"])
    last = dict(zip(columns["name"][known], np.flatnonzero(known).tolist(), strict=True))
    rows = sorted(last.values(), key=lambda row: -columns["value"][row])
    values = columns["value"][known]
    apart = (values.max() - min(values.min(), 0)) * LABEL_PIXELS / height if len(values) else 0
    for number, row in enumerate(rows):
        lowest = (len(rows) - 1 - number) * apart  # room for those below
        place[row] = max(columns["value"][row], lowest)
        if number:
            place[row] = max(min(place[row], place[rows[number - 1]] - apart), lowest)
        label[row] = columns["name"][row].rpartition("/")[2]
    return {"label": label, "label_at": place}


@dataclass(frozen=True, slots=True)
class Channels:
    """How layers are encoded: fields along and up the axes, the colours of the series with their legend (None: it
    has none), and the tooltip of a mark.
    """

    along: Callable[[str], alt.X]
    up: Callable[[str], alt.Y]
    scale: alt.Scale
    legend: alt.Legend | None
    tooltip: list[alt.Tooltip]

    @property
    def colour(self) -> alt.Color:
        return alt.Color("name:N", scale=self.scale, legend=self.legend)

    @property
    def texts(self) -> dict[str, Any]:
        return {"tooltip": self.tooltip, "description": alt.Description("spoken:N")}


def gap_layer(channels: Channels, colour: str, *, has_gaps: bool) -> Any:
    """A band over each period that is a gap for one of the series, whose names it shows."""
    # a layer without any mark would be a picture without a name to a screen reader
    bands = rows_where("isValid(datum.gaps)").mark_rect(fill=colour, opacity=0.22, aria=has_gaps)
    hint = tooltip({"when": "When (UTC)", "gaps": "Gap in"})
    return bands.encode(
        x=channels.along("band_from"), x2=alt.X2("band_to:T"), tooltip=hint, description=alt.Description("gaps:N")
    )


def bar_layer(channels: Channels) -> Any:
    lighter, hollow = {"test": LIGHTER, "value": 0.6}, {"test": HOLLOW, "value": 0.15}
    bars = rows_where(KNOWN).mark_bar(cornerRadius=1)
    return bars.encode(
        x=channels.along("bar_from"),
        x2=alt.X2("bar_to:T"),
        y=channels.up("bottom"),
        y2=alt.Y2("top:Q"),
        color=channels.colour,
        fillOpacity=alt.FillOpacityValue(1.0, condition=[lighter, hollow]),
        stroke=alt.Stroke("name:N", scale=channels.scale, legend=None),
        strokeWidth=either(alt.StrokeWidthValue, HOLLOW, 1.2, 0),
        strokeDash=either(alt.StrokeDashValue, HOLLOW, [3, 2], []),
        **channels.texts,
    )


def answer_layer(channels: Channels) -> Any:
    """An unseen band over each period, which shows its total when the mouse is between bars or above them."""
    bands = rows_where("datum.first && isValid(datum.total)").mark_rect(opacity=UNSEEN, aria=False)
    hint = tooltip({"when": "When (UTC)", "total": "Total"}, total=",d")
    return bands.encode(x=channels.along("band_from"), x2=alt.X2("band_to:T"), tooltip=hint)


def label_layer(channels: Channels) -> Any:
    """The names of the series at the ends of their lines, where there is room beside them."""
    names = rows_where(f"isValid(datum.label) && {ROOMY}").mark_text(
        align="left", dx=8, fontSize=11, limit=LABEL_WIDTH, aria=False
    )
    return names.encode(x=channels.along("at"), y=channels.up("label_at"), text="label:N", color=channels.colour)


def line_layers(channels: Channels, *, pointed: bool) -> list[alt.Chart]:
    """Lines that break where a value is unknown, dashed over what is not final; hollow points there. The point that is
    nearest to whoever points tells what it is.
    """
    line: dict[str, Any] = {"x": channels.along("at"), "y": channels.up("value"), "color": channels.colour}
    point = line | {
        "fill": alt.Fill("name:N", scale=channels.scale, legend=None),
        "fillOpacity": either(alt.FillOpacityValue, alt.datum["open"], 0, 1.0),
        # where points would hide the line, they are there to be pointed at, but unseen
        "size": either(alt.SizeValue, "datum.open", 22, 22 if pointed else 0),
        **channels.texts,
    }
    pieces = alt.Detail("piece:N")
    nearest = alt.selection_point(NEAREST, fields=["name"], on="pointerover", clear="pointerout", nearest=True)
    solid = rows_where(f"{KNOWN} && !datum.open").mark_line(strokeWidth=2, tooltip=None)
    dashed = rows_where(f"{KNOWN} && datum.dashed").mark_line(strokeWidth=2, strokeDash=[3, 3], tooltip=None)
    points = rows_where(KNOWN).mark_point(opacity=1).add_params(nearest)
    return [solid.encode(**line, detail=pieces), dashed.encode(**line, detail=pieces), points.encode(**point)]


def time_axis(field: str) -> alt.X:
    """The axis of time, in UTC; its ticks and their format are put in for each chart by `filled`."""
    axis = alt.Axis(title=None, format="", values=[0], labelOverlap="greedy", labelFlush=FLUSH, grid=False, ticks=True)
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc", nice=False), axis=axis)


def filled(
    specification: Mapping[str, Any], colours: Mapping[str, str], periods: Sequence[date], grain: Grain
) -> dict[str, Any]:
    """A copy of a specification of layers with the colours of its series and the ticks of its periods put in."""
    specified: dict[str, Any] = copy.deepcopy(dict(specification))
    scale = {"domain": list(colours), "range": list(colours.values())}
    long = grain is Grain.MONTH or (bool(periods) and (periods[-1] - periods[0]).days > LONG_DAYS)
    ticks = {"values": tick_values(periods, TICKS), "format": "%b %Y" if long else DAY_TICK}
    for layer in specified["layer"]:
        for channel in layer["encoding"].values():
            if isinstance(channel, list):  # a tooltip has neither
                continue
            if "domain" in channel.get("scale", {}):
                channel["scale"] = scale
            if "values" in (channel.get("axis") or {}):
                channel["axis"] |= ticks
    return specified


def tick_values(periods: Sequence[date], most: int) -> list[dict[str, Any]]:
    """What is named below a chart: its periods, from the last on; on a long range the first of months."""
    if periods and (periods[-1] - periods[0]).days > MONTHS_FROM_DAYS:
        return day_ticks(periods[0], periods[-1], most)
    return [_tick(day) for day in periods[::-1][:: max(1, -(-len(periods) // most))]]


def day_ticks(first: date, last: date, most: int) -> list[dict[str, Any]]:
    """The days from the first to the last that are named below a chart; of many the first of months."""
    days = (last - first).days + 1
    if days <= MONTHS_FROM_DAYS:
        return [_tick(last - timedelta(days=back)) for back in range(0, days, -(-days // most))]
    months = [date(n // 12, n % 12 + 1, 1) for n in range(_month(first), _month(last) + 1)]
    every = next((each for each in MONTHS_APART if len(months) <= each * most), 12 * -(-len(months) // (12 * most)))
    return [_tick(month) for month in months if month >= first and _month(month) % every == 0]


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _tick(day: date) -> dict[str, Any]:
    return {"year": day.year, "month": day.month, "date": day.day, "utc": True}
