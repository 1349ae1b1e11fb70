"""The layers of the charts of panels: what is drawn for each kind, whatever the names, colours and days. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import altair as alt

from pages.ui.charts.palette import COLOURS

LINE, BARS, RANKING, HEAT_MAP = "line", "bars", "ranking", "heat map"
POINTED = 62  # periods; on more of them, points would hide their line
LEGEND_COLUMNS, LEGEND_ROW = 2, 25  # as many as fit a phone; pixels
_KNOWN = "isValid(datum.value)"


@dataclass(frozen=True, slots=True)
class PanelShape:
    """All of a panel's chart that is not its rows: the mark, what the measure and the groups are called, the groups
    from the largest on, the periods, the height in pixels, and how numbers are written.
    """

    mark: str
    measure: str
    group: str
    names: tuple[str, ...]
    periods: tuple[date, ...]
    height: int
    number: str = ",d"
    states: tuple[str, ...] = ()
    by_month: bool = False

    @property
    def pointed(self) -> bool:
        """Whether each period of a line has its point."""
        return len(self.periods) <= POINTED

    @property
    def has_gaps(self) -> bool:
        """Whether some period is a gap for one of the series."""
        return "gap" in self.states


def layers_of(kind: PanelShape) -> Sequence[alt.Chart]:
    """The layers of a kind of chart; what differs within a kind is put in later."""
    return {LINE: _lines, BARS: _bars, RANKING: _ranking, HEAT_MAP: _heat_map}[kind.mark](kind)


def _bars(kind: PanelShape) -> list[alt.Chart]:
    hollow = alt.datum["open"]
    bars = (
        alt.Chart()
        .transform_filter(_KNOWN)
        .mark_bar(cornerRadius=1)
        .encode(
            x=_time("bar_from"),
            x2=alt.X2("bar_to:T"),
            y=_value("bottom", kind),
            y2=alt.Y2("top:Q"),
            color=alt.Color("name:N", scale=_scale(), legend=_legend(kind)),
            fillOpacity=alt.condition(hollow, alt.value(0.15), alt.value(1.0)),
            stroke=alt.Stroke("name:N", scale=_scale(), legend=None),
            strokeWidth=alt.condition(hollow, alt.value(1.2), alt.value(0)),
            strokeDash=alt.condition(hollow, alt.value([3, 2]), alt.value([])),
            **_told(kind),
        )
    )
    return [_gaps(kind), bars]


def _lines(kind: PanelShape) -> list[alt.Chart]:
    """Lines that break where a value is unknown, dashed over what is not final; hollow points there."""
    line: dict[str, Any] = {
        "x": _time("at"),
        "y": _value("value", kind),
        "color": alt.Color("name:N", scale=_scale(), legend=_legend(kind)),
    }
    point = line | {
        "fill": alt.Fill("name:N", scale=_scale(), legend=None),
        "fillOpacity": alt.condition(alt.datum["open"], alt.value(0), alt.value(1.0)),
        **_told(kind),
    }
    # where points would hide the line, they are there to be pointed at, but unseen
    size = alt.condition("datum.open", alt.value(20), alt.value(20 if kind.pointed else 0))
    pieces = alt.Detail("piece:N")
    solid = alt.Chart().transform_filter(f"{_KNOWN} && !datum.open").mark_line(strokeWidth=2)
    dashed = alt.Chart().transform_filter(f"{_KNOWN} && datum.dashed").mark_line(strokeWidth=2, strokeDash=[3, 3])
    points = alt.Chart().transform_filter(_KNOWN).mark_point(opacity=1)
    return [
        _gaps(kind),
        solid.encode(**line, detail=pieces),
        dashed.encode(**line, detail=pieces),
        points.encode(**point, size=size),
    ]


def _gaps(kind: PanelShape) -> alt.Chart:
    """A band over each period that is a gap for one of the series."""
    tooltip = [alt.Tooltip("when:N", title="When (UTC)"), alt.Tooltip("gaps:N", title="Known in part at most")]
    # a layer without any mark would be a picture without a name to a screen reader
    band: alt.Chart = (
        alt.Chart()
        .transform_filter("isValid(datum.gaps)")
        .mark_rect(fill=COLOURS["gap"], opacity=0.22, aria=kind.has_gaps)
        .encode(x=_time("band_from"), x2=alt.X2("band_to:T"), tooltip=tooltip, description=alt.Description("gaps:N"))
    )
    return band


def _ranking(kind: PanelShape) -> list[alt.Chart]:
    place = alt.Y(
        "name:N",
        axis=alt.Axis(title=None, labelLimit=170, ticks=False, domain=False, labelPadding=6),
        scale=alt.Scale(domain=[""], paddingInner=0.25),
    )
    amount = alt.X("value:Q", axis=None, scale=alt.Scale(zero=True, nice=False))
    bars = (
        alt.Chart()
        .mark_bar(cornerRadius=2, color=COLOURS["series"].split()[0])
        .encode(y=place, x=amount, **_told(kind, when=False))
    )
    numbers = (
        alt.Chart()
        .mark_text(align="right", dx=-5, fontSize=11, fontWeight=600, color="white", aria=False)
        .transform_filter("datum.wide")
        .encode(y=place, x=amount, text=alt.Text("value:Q", format=kind.number))
    )
    beside = (
        alt.Chart()
        .mark_text(align="left", dx=5, fontSize=11, color=COLOURS["rest"], aria=False)
        .transform_filter("!datum.wide")
        .encode(y=place, x=amount, text=alt.Text("value:Q", format=kind.number))
    )
    return [bars, numbers, beside]


def _heat_map(kind: PanelShape) -> list[alt.Chart]:
    """Cells the fuller the greater; what is unknown is grey, and what is not final has a dashed border."""
    across = alt.X(
        "slot:O",
        axis=alt.Axis(title=None, labelExpr="datum.value", labelOverlap="greedy", labelAngle=0, ticks=False),
        scale=alt.Scale(domain=[""], padding=0.06),
    )
    down = alt.Y(
        "name:N",
        axis=alt.Axis(title=None, labelLimit=150, ticks=False, domain=False, labelPadding=6),
        scale=alt.Scale(domain=[""]),
    )
    # one layer for both: one without any mark would be a picture without a name to a screen reader
    amount = alt.FillOpacity(
        "value:Q", scale=alt.Scale(type="sqrt", domainMin=0, range=[0.06, 1], nice=False), legend=None
    )
    fill = alt.condition(_KNOWN, alt.value(COLOURS["series"].split()[0]), alt.value(COLOURS["gap"]))
    cells = (
        alt.Chart()
        .mark_rect(cornerRadius=2)
        .encode(
            x=across,
            y=down,
            fill=fill,
            fillOpacity=alt.condition(_KNOWN, amount, alt.value(0.18)),
            stroke=alt.value(COLOURS["rest"]),
            strokeWidth=alt.condition(f"{_KNOWN} && datum.open", alt.value(1), alt.value(0)),
            strokeDash=alt.value([2, 2]),
            **_told(kind),
        )
    )
    return [cells]


def _told(kind: PanelShape, *, when: bool = True) -> dict[str, Any]:
    """What a mark tells to whoever points at it, and to a screen reader."""
    tooltip = [alt.Tooltip("when:N", title="When (UTC)")] if when else []
    tooltip += [
        alt.Tooltip("name:N", title=kind.group),
        alt.Tooltip("value:Q", title=kind.measure, format=kind.number),
        alt.Tooltip("told:N", title="State"),
    ]
    return {"tooltip": tooltip, "description": alt.Description("spoken:N")}


def _time(field: str) -> alt.X:
    axis = alt.Axis(title=None, format="", values=[0], labelOverlap="greedy", grid=False, ticks=True)
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc", nice=False), axis=axis)


def _value(field: str, kind: PanelShape) -> alt.Y:
    axis = alt.Axis(title=None, format=",~f" if kind.number != ",d" else ",d", tickMinStep=1, tickCount=5)
    return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=kind.mark == BARS, nice=True))


def _legend(kind: PanelShape) -> alt.Legend | None:
    """The names of several series below the chart, and so in its picture too, in columns that fit a phone."""
    if len(kind.names) < 2:
        return None
    return alt.Legend(
        title=None,
        orient="bottom",
        columns=LEGEND_COLUMNS,
        labelLimit=120,
        labelExpr="datum.label",
        symbolType="square",
        symbolOpacity=1,
    )


def _scale() -> alt.Scale:
    return alt.Scale(domain=[""], range=[""])
