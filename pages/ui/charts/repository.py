"""The charts of one repository: lanes of different counts, one below the other, on the same axis of time. Pure.

A pending bar is hollow, a gap is a shaded band, and neither is ever drawn as zero. Days are UTC days on a UTC axis.
"""

import copy
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import altair as alt

from pages.ui.charts.chart import COLOURS
from pages.ui.charts.lanes import LANES, MARK_COLOURS, MARK_SHAPES, SPIKE_COLOUR

KNOWN = "isValid(datum.value)"
AXIS_PIXELS = 46  # the same for all lanes, so that a day stands below itself
LONG_DAYS = 300  # from so many on, the axis names months


@dataclass(frozen=True, slots=True)
class LaneShape:
    """All of the chart that is not its rows: its lanes from the top, its first and last day, in which lanes days stand
    out (a layer without any mark would be a picture without a name to a screen reader).
    """

    lanes: tuple[str, ...]
    first: date
    last: date
    spiked: frozenset[str] = frozenset()


def lanes_specification(shape: LaneShape) -> dict[str, Any]:
    """The chart as a Vega-Lite specification without rows.

    Altair takes a tenth of a second to check one, so it makes one for each set of lanes; the days are put in here.
    """
    long = (shape.last - shape.first).days > LONG_DAYS
    found = copy.deepcopy(_of_lanes(shape.lanes, shape.spiked, long))
    reach = [_moment(shape.first, -12), _moment(shape.last, 12)]
    for lane in found["vconcat"]:
        for layer in lane["layer"]:
            for channel in ("x", "x2"):
                if "scale" in layer["encoding"].get(channel, {}):
                    layer["encoding"][channel]["scale"]["domain"] = reach
    return found


@lru_cache(maxsize=64)
def _of_lanes(lanes: tuple[str, ...], spiked: frozenset[str], long: bool) -> dict[str, Any]:
    marked = "marks" in lanes
    drawn = [_lane(name, _axis(long, last=name == lanes[-1]), marked, name in spiked) for name in lanes]
    fitted = alt.AutoSizeParams(type="fit-x", contains="padding")
    chart = alt.vconcat(*drawn, data=alt.NamedData("rows"), spacing=6, autosize=fitted)
    found: dict[str, Any] = chart.to_dict()
    del found["data"]
    return found


def _axis(long: bool, *, last: bool) -> alt.X:
    """The axis of days, which only the last lane names."""
    axis = alt.Axis(title=None, format="%b %Y" if long else "%-d %b", grid=False, labels=last, ticks=last, tickCount=8)
    return alt.X("at:T", scale=alt.Scale(type="utc", nice=False, domain=[0, 1]), axis=axis)


def _lane(name: str, x: alt.X, marked: bool, spiked: bool) -> Any:
    if name == "marks":
        return alt.layer(_symbols(x)).properties(height=18)
    layers: list[alt.Chart] = [_rules(x)] if marked else []
    if name in ("views", "clones"):
        layers = [_bands(x), *layers, _bars(name, x), *_people(name, x), *([_spikes(name, x)] if spiked else [])]
    elif name == "stars_gained":
        layers = [*layers, _bars(name, x)]
    else:
        layers = [*layers, *_steps(name, x)]
    lane = LANES[name]
    title = alt.TitleParams(lane.title, anchor="start", fontSize=12, fontWeight=500, offset=4)
    return alt.layer(*layers).properties(height=lane.height, title=title)


def _symbols(x: alt.X) -> alt.Chart:
    kinds = list(MARK_COLOURS)
    marks: alt.Chart = (
        alt.Chart()
        .transform_filter(alt.datum["lane"] == "marks")
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=x,
            y=alt.value(9),
            color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=kinds, range=list(MARK_COLOURS.values()))),
            shape=alt.Shape("kind:N", legend=None, scale=alt.Scale(domain=kinds, range=list(MARK_SHAPES.values()))),
            tooltip=_mark_tooltip(),
            description=alt.Description("spoken:N"),
        )
    )
    return marks


def _rules(x: alt.X) -> alt.Chart:
    """A line down each lane for what happened."""
    kinds = list(MARK_COLOURS)
    rules: alt.Chart = (
        alt.Chart()
        .transform_filter(alt.datum["lane"] == "marks")
        .mark_rule(strokeDash=[2, 3], opacity=0.7, aria=False)
        .encode(
            x=x,
            color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=kinds, range=list(MARK_COLOURS.values()))),
            tooltip=_mark_tooltip(),
        )
    )
    return rules


def _mark_tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("when:N", title="When (UTC)"),
        alt.Tooltip("kind:N", title="What"),
        alt.Tooltip("text:N", title="Text"),
    ]


def _bands(x: alt.X) -> alt.Chart:
    band: alt.Chart = (
        alt.Chart()
        .transform_filter(alt.datum["state"] == "gap")
        .mark_rect(fill=COLOURS["gap"], opacity=0.11, aria=False)  # both lanes have one, and both lanes' rows
        .encode(x=_ends(x, "from"), x2=alt.X2("to:T"), tooltip=[alt.Tooltip("when:N", title="Gap, not collected")])
    )
    return band


def _bars(name: str, x: alt.X) -> alt.Chart:
    hollow = alt.datum["open"]
    lane = LANES[name]
    tooltip = [
        alt.Tooltip("when:N", title="When (UTC)"),
        alt.Tooltip("value:Q", title=lane.title.partition(" and ")[0], format=",d"),
    ]
    if lane.people:
        tooltip += [
            alt.Tooltip("people:Q", title=lane.people, format=",d"),
            alt.Tooltip("kind:N", title="People are"),
            alt.Tooltip("told:N", title="State"),
        ]
    bars: alt.Chart = (
        alt.Chart()
        .transform_filter(f"datum.lane == '{name}' && {KNOWN}")
        .mark_bar(cornerRadius=1, color=lane.colour, stroke=lane.colour)
        .encode(
            x=_ends(x, "from"),
            x2=alt.X2("to:T"),
            y=_y("value"),
            y2=alt.Y2("floor:Q"),
            fillOpacity=alt.condition(hollow, alt.value(0.15), alt.value(0.85)),
            strokeWidth=alt.condition(hollow, alt.value(1.2), alt.value(0)),
            strokeDash=alt.condition(hollow, alt.value([3, 2]), alt.value([])),
            tooltip=tooltip,
            description=alt.Description("spoken:N"),
        )
    )
    return bars


def _spikes(name: str, x: alt.X) -> alt.Chart:
    """A sign at the top of the lane above each day that stands out."""
    signs: alt.Chart = (
        alt.Chart()
        .transform_filter(f"datum.lane == '{name} Spike'")
        .mark_point(shape="triangle-down", filled=True, size=70, opacity=1, color=SPIKE_COLOUR)
        .encode(x=x, y=alt.value(-2), tooltip=_mark_tooltip(), description=alt.Description("spoken:N"))
    )
    return signs


def _people(name: str, x: alt.X) -> list[alt.Chart]:
    """The people, as a tick across each bar: never a line, since nothing is known between two counts."""
    lane = LANES[name]
    ticks: alt.Chart = (
        alt.Chart()
        .transform_filter(f"datum.lane == '{name}' && isValid(datum.people)")
        .mark_rule(color=lane.people_colour, strokeWidth=2.5, aria=False)
        .encode(
            x=_ends(x, "from"),
            x2=alt.X2("to:T"),
            y=_y("people"),
            opacity=alt.condition(alt.datum["open"], alt.value(0.5), alt.value(1)),
            tooltip=[
                alt.Tooltip("when:N", title="When (UTC)"),
                alt.Tooltip("people:Q", title=lane.people, format=",d"),
                alt.Tooltip("kind:N", title="People are"),
            ],
        )
    )
    return [ticks]


def _steps(name: str, x: alt.X) -> list[alt.Chart]:
    """A counter: a line that stays level until the next reading, with a point at each."""
    lane = LANES[name]
    base = alt.Chart().transform_filter(f"datum.lane == '{name}' && {KNOWN}")
    y = alt.Y("value:Q", axis=_count_axis(3), scale=alt.Scale(zero=False, nice=True))
    tooltip = [alt.Tooltip("when:N", title="Read on (UTC)"), alt.Tooltip("value:Q", title=lane.title, format=",d")]
    line: alt.Chart = base.mark_line(interpolate="step-after", color=lane.colour, strokeWidth=2, aria=False).encode(
        x=x, y=y
    )
    points: alt.Chart = base.mark_point(filled=True, color=lane.colour, size=14, opacity=0.9).encode(
        x=x, y=y, tooltip=tooltip, description=alt.Description("spoken:N")
    )
    return [line, points]


def _ends(x: alt.X, field: str) -> alt.X:
    """The same axis for another moment of a row."""
    found: alt.X = x.copy()
    found.shorthand = f"{field}:T"
    return found


def _y(field: str) -> alt.Y:
    return alt.Y(f"{field}:Q", axis=_count_axis(4), scale=alt.Scale(zero=True, nice=True))


def _count_axis(ticks: int) -> alt.Axis:
    return alt.Axis(
        title=None, format=",d", tickMinStep=1, tickCount=ticks, minExtent=AXIS_PIXELS, maxExtent=AXIS_PIXELS
    )


def _moment(day: date, hours: int) -> dict[str, Any]:
    """A moment of a specification, so many hours from a day's midday (UTC)."""
    there = day - timedelta(days=1) if hours < 0 else day
    return {"year": there.year, "month": there.month, "date": there.day, "hours": 12, "utc": True}
