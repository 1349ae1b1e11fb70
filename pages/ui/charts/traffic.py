"""Charts of traffic: a drawing in, an Altair chart out. Pure.

A pending period is hollow or dashed, a gap is a shaded band, and neither is ever drawn as zero. Periods are UTC days:
the time axis is a UTC one, so that a day is the same day in every time zone.
"""

import copy
import html
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, cast

import altair as alt

from data.traffic.models import Grain
from pages.ui.charts.palette import COLOURS
from pages.ui.drawings import METRICS, Drawing, Shape

HEIGHT = 360
POINTED = 62  # periods; on more of them, points would hide their line
TICKS = 8
KNOWN = "isValid(datum.value)"
_FIRST_DAYS = tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(POINTED + 1))
_BOX = '<span style="display:inline-block;width:.75em;height:.75em;border-radius:.15em;margin-right:.4em;{}"></span>'


def traffic_chart(drawn: Drawing) -> alt.LayerChart:
    """The chart of a drawing: bars, or lines where uniques of several repositories stand beside each other."""
    rows = drawn.rows.drop(columns="period")
    return cast(alt.LayerChart, alt.layer(*_layers(drawn.shape), data=rows).properties(height=HEIGHT))


def specification(shape: Shape) -> dict[str, Any]:
    """The same chart as a Vega-Lite specification without rows.

    Altair takes a tenth of a second to check one, so it makes one for each kind of chart, and what differs within a
    kind (names, colours, ticks) is put in here.
    """
    found = copy.deepcopy(_of_kind(_kind(shape)))
    found_colours = colours(shape)
    scale = {"domain": list(found_colours), "range": list(found_colours.values())}
    for layer in found["layer"]:
        for channel in layer["encoding"].values():
            if isinstance(channel, list):  # what is told has neither
                continue
            if "domain" in channel.get("scale", {}):
                channel["scale"] = scale
            if "values" in (channel.get("axis") or {}):
                channel["axis"] |= {"values": _tick_values(shape), "format": _tick_format(shape)}
    return found


def _kind(shape: Shape) -> Shape:
    """A small shape whose chart has the same layers, marks and channels."""
    names = ("",) if shape.stacked else ("", "-")
    periods = _FIRST_DAYS[: POINTED + 1] if len(shape.periods) > POINTED else _FIRST_DAYS[:1]
    return Shape(shape.metric, shape.grain, names, False, periods, shape.has_gaps)


@lru_cache(maxsize=128)
def _of_kind(kind: Shape) -> dict[str, Any]:
    chart = alt.layer(*_layers(kind), data=alt.NamedData("rows")).properties(height=HEIGHT)
    found: dict[str, Any] = chart.to_dict(validate=False)  # its channels were checked as they were made
    del found["data"]
    return found


def colours(shape: Shape) -> dict[str, str]:
    """The colour of each series."""
    named = shape.names[:-1] if shape.has_rest else shape.names
    return dict.fromkeys(shape.names, COLOURS["rest"]) | dict(zip(named, COLOURS["series"].split(), strict=False))


def legend(drawn: Drawing) -> str:
    """The legend as HTML, which wraps at any width."""
    parts = [(f"background:{colour}", name) for name, colour in colours(drawn.shape).items()]
    parts = parts if len(parts) > 1 else []
    states = set(drawn.columns["state"])
    if "pending" in states:
        parts.append((f"border:1.5px dashed {COLOURS['rest']}", "Pending: may still change"))
    if "gap" in states:
        parts.append((f"background:{COLOURS['gap']};opacity:.35", "Gap: GitHub forgot it before it was collected"))
    items = [
        f'<span style="max-width:100%;overflow-wrap:anywhere">{_BOX.format(css)}{html.escape(name)}</span>'
        for css, name in parts
    ]
    style = "display:flex;flex-wrap:wrap;gap:.3em 1.2em;font-size:.85rem"
    return f'<div style="{style}">{"".join(items)}</div>' if items else ""


def _layers(shape: Shape) -> Sequence[alt.Chart]:
    return [_gaps(shape), _bars(shape)] if shape.stacked else [_gaps(shape), *_lines(shape)]


def _gaps(shape: Shape) -> alt.Chart:
    """A band over each period that is a gap for one of the series, whose names it tells."""
    tooltip = [alt.Tooltip("when:N", title="When (UTC)"), alt.Tooltip("gaps:N", title="Gap, not collected in time")]
    marks = alt.Chart().transform_filter("isValid(datum.gaps)")
    # a layer without any mark would be a picture without a name to a screen reader
    band: alt.Chart = marks.mark_rect(fill=COLOURS["gap"], opacity=0.22, aria=shape.has_gaps).encode(
        x=_x(shape, "band_from"), x2=alt.X2("band_to:T"), tooltip=tooltip, description=alt.Description("gaps:N")
    )
    return band


def _bars(shape: Shape) -> alt.Chart:
    hollow = alt.datum["open"]
    bars: alt.Chart = (
        alt.Chart()
        .transform_filter(KNOWN)
        .mark_bar(cornerRadius=1)
        .encode(
            x=_x(shape, "bar_from"),
            x2=alt.X2("bar_to:T"),
            y=_y("bottom"),
            y2=alt.Y2("top:Q"),
            color=alt.Color("name:N", scale=_scale(shape), legend=None),
            fillOpacity=alt.condition(hollow, alt.value(0.15), alt.value(1.0)),
            stroke=alt.Stroke("name:N", scale=_scale(shape), legend=None),
            strokeWidth=alt.condition(hollow, alt.value(1.2), alt.value(0)),
            strokeDash=alt.condition(hollow, alt.value([3, 2]), alt.value([])),
            **_told(shape),
        )
    )
    return bars


def _lines(shape: Shape) -> list[alt.Chart]:
    """Lines that break at gaps, dashed over what is pending; a point for each period, hollow where it is open."""
    line: dict[str, Any] = {
        "x": _x(shape, "at"),
        "y": _y("value"),
        "color": alt.Color("name:N", scale=_scale(shape), legend=None),
    }
    point = line | {
        "fill": alt.Fill("name:N", scale=_scale(shape), legend=None),
        "fillOpacity": alt.condition(alt.datum["open"], alt.value(0), alt.value(1.0)),
        **_told(shape),
    }
    pointed = KNOWN if len(shape.periods) <= POINTED else f"{KNOWN} && datum.open"
    pieces = alt.Detail("piece:N")
    solid = alt.Chart().transform_filter(f"{KNOWN} && !datum.open").mark_line(strokeWidth=2)
    dashed = alt.Chart().transform_filter(f"{KNOWN} && datum.dashed").mark_line(strokeWidth=2, strokeDash=[3, 3])
    points = alt.Chart().transform_filter(pointed).mark_point(size=26, opacity=1)
    return [solid.encode(**line, detail=pieces), dashed.encode(**line, detail=pieces), points.encode(**point)]


def _told(shape: Shape) -> dict[str, Any]:
    """What a mark tells to whoever points at it, and to a screen reader."""
    tooltip = [
        alt.Tooltip("when:N", title="When (UTC)"),
        alt.Tooltip("name:N", title="Repository"),
        alt.Tooltip("value:Q", title=METRICS[shape.metric], format=",d"),
        alt.Tooltip("told:N", title="State"),
    ]
    return {"tooltip": tooltip, "description": alt.Description("spoken:N")}


def _x(shape: Shape, field: str) -> alt.X:
    ticks = [alt.DateTime(**each) for each in _tick_values(shape)]
    axis = alt.Axis(title=None, format=_tick_format(shape), values=ticks, labelOverlap="greedy", grid=False, ticks=True)
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc", nice=False), axis=axis)


def _tick_days(shape: Shape) -> Sequence[date]:
    """Which periods are named below the chart, from the last to the first."""
    return shape.periods[::-1][:: max(1, -(-len(shape.periods) // TICKS))]


def _tick_values(shape: Shape) -> list[dict[str, Any]]:
    return [{"year": day.year, "month": day.month, "date": day.day, "utc": True} for day in _tick_days(shape)]


def _tick_format(shape: Shape) -> str:
    days = _tick_days(shape)
    long = shape.grain is Grain.MONTH or (bool(days) and (days[0] - days[-1]).days > 300)
    return "%b %Y" if long else "%-d %b"


def _y(field: str) -> alt.Y:
    axis = alt.Axis(title=None, format=",d", tickMinStep=1, tickCount=5)
    return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=True, nice=True))


def _scale(shape: Shape) -> alt.Scale:
    found = colours(shape)
    return alt.Scale(domain=list(found), range=list(found.values()))
