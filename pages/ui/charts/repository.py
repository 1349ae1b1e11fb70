"""The charts of one repository: its views and visitors with all that happened; and all counts, one below the other, on
the same axis of time.

A pending bar is hollow, a gap is a shaded band, and neither is ever drawn as zero. Days are UTC days on a UTC axis.
"""

import copy
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, partial
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.insight.notes import notes
from data.insight.repository import counters, machine_clones, releases
from data.insight.spike_causes import Wave, repository_spikes, waves
from data.insight.text import capitalised, spike_text
from data.store import Store
from data.store.arrow import arrow_table, numpy_values
from data.store.cache import cached
from data.text import days_text, number_text
from data.traffic.models import Grain, Selection
from data.traffic.traffic import series
from pages.ui.charts.bars_and_lines import (
    BAR_DAYS,
    HOLLOW,
    LIGHTER,
    LONG_DAYS,
    OPEN,
    STATES,
    Column,
    day_ticks,
    objects,
    partly,
    period_name,
    with_imports,
)
from pages.ui.charts.chart import (
    BLUE,
    COLOURS,
    OLIVE,
    ORANGE,
    PINK,
    RED,
    TEAL,
    TOP,
    VIOLET,
    Chart,
    Legend,
    caption_of,
    count_axis,
    day_axis,
    either,
    layered,
    rows_where,
    state_parts,
    tooltip,
)
from pages.ui.charts.counterpart import counterpart
from pages.ui.notation import DAY_TICK

EXTENT: dict[str, Any] = {"minExtent": 46, "maxExtent": 46}  # the same for all lanes, so that a day stands below itself
TICKS = 8
HEIGHT = 330  # of views and visitors, what stands above the bars among it
MARKS_ABOVE, WAVES_ABOVE = -30, -11  # pixels from the top of its bars
PIXEL: Callable[[int], Any] = alt.YValue  # a height in them; Altair has no types for it
NUMBERED = 9  # waves that have a number in the chart, and on their card
WAVE, CHOSEN = "wave", "chosen"  # parameters of the chart: what is clicked, and what is chosen
MARKS = "marks"  # the lane of releases and notes, above all others
COUNTED = {"views": "view_uniques", "clones": "clone_uniques"}  # lanes with bars, and the people that stand before them
BARS = (*COUNTED, "stars_gained")
LINES = ("forks", "downloads")
SPIKE = "Spike"
ACTIONS, STEADY = "actions", "steady"  # of the clones, where they are known: columns of their rows, parts of their lane
MACHINES = {
    ACTIONS: (f"background:{OLIVE}", "By GitHub Actions, at least"),
    STEADY: (f"border-top:2px dashed {ORANGE};height:0;vertical-align:middle", "Steady floor (15 days)"),
}
TITLE = "Traffic"
PEOPLE = {"day": "as GitHub counted them", "week": "as GitHub counted them", "sum_of_days": "sum of the days"}
_HALF = {grain: days / 2 for grain, days in BAR_DAYS.items()}  # days of a bar to either side of its middle
MIDDLES = {Grain.DAY: 0, Grain.WEEK: 3, Grain.MONTH: 14.5}  # days from the first of a period on
MARK_COLOURS = {"Release": VIOLET, "Note": PINK}
MARK_SHAPES = {"Release": "diamond", "Note": "circle"}
MARK_TITLES = {"when": "When (UTC)", "kind": "What", "text": "Text"}
Axis = Callable[[str], alt.X]
Columns = dict[str, Column]  # of a lane; {}: it has no rows


@dataclass(frozen=True, slots=True)
class Lane:
    """How a lane looks: its title, its height, the colours of its bars and of the people before them, what they are."""

    title: str
    height: int
    colour: str
    people: str = ""
    people_colour: str = ""


LANES = {
    "views": Lane("Views and unique visitors", 170, BLUE, "Unique visitors", ORANGE),
    "clones": Lane("Clones and unique cloners", 110, TEAL, "Unique cloners", PINK),
    "stars_gained": Lane("Stars gained", 80, OLIVE),
    "forks": Lane("Forks (total)", 60, VIOLET),
    "downloads": Lane("Release downloads (total)", 60, BLUE),
}


def legend(lanes: Collection[str], states: Collection[str], kinds: Collection[str]) -> Legend:
    parts: list[tuple[str, str]] = []
    for name, lane in LANES.items():
        if name in lanes and lane.people:
            parts.append((f"border-radius:50%;background:{lane.people_colour}", lane.people))
    parts += [box for name, box in MACHINES.items() if name in kinds]
    parts += [(f"background:{MARK_COLOURS[kind]}", kind) for kind in MARK_COLOURS if kind in kinds]
    if "Spike" in kinds:
        parts.append((f"background:{RED};clip-path:polygon(0 0,100% 0,50% 100%)", "Spike"))
    return parts + state_parts(states)


@dataclass(frozen=True, slots=True)
class Story:
    """What the chart draws: its lanes from the top, its days, and its rows (see `_periods`)."""

    lanes: tuple[str, ...]
    first: date
    last: date
    rows: DataFrame

    @property
    def details(self) -> frozenset[str]:
        """The lanes in which days stand out, and what is known of machines."""
        spiked = {name for name in COUNTED if f"{name} {SPIKE}" in set(self.rows["lane"])}
        return frozenset(spiked | {name for name in MACHINES if (self.rows[name] > 0).any()})


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a day: a release, a note, or a spike of a metric; and what is written of it."""

    day: date
    kind: str
    text: str
    metric: str = ""


@cached("traffic", in_words=True)
def views_chart(viewer: Viewer, store: Store, selection: Selection) -> Chart | None:
    """Views and unique visitors with releases, notes and waves of spikes, numbered as `waves` orders them; a click on
    a wave reports its key. None: no views are known.
    """
    grain = selection.usual_grain
    of_days = _of_days(viewer, store, selection, "views")
    counted = _counted(of_days, "views", grain)
    if not counted:
        return None
    before = counterpart(viewer, store, selection, "views", grain)
    if before is not None:
        counted |= before.columns(numpy_values(of_days["views"]["period"]))
    spike_waves = waves(repository_spikes(viewer, store, selection))
    marks = _marks(happenings(viewer, store, selection))
    waved = _waves(spike_waves)
    rows = _joined([counted | _in_waves(counted, waved), marks, waved])
    first, last = grain.first_day(selection.first), grain.last_day(selection.last)
    states, kinds = set(counted["state"]), set(marks.get("kind", ()))
    boxes = [(f"background:{BLUE}", "Views"), (f"border-radius:50%;background:{ORANGE}", "Unique visitors")]
    boxes += [(f"background:{MARK_COLOURS[kind]}", kind) for kind in MARK_COLOURS if kind in kinds]
    boxes += [(f"border-radius:50%;background:{RED}", SPIKE)] if spike_waves else []
    specification = _with_days(_views(bool(marks), bool(spike_waves)), first, last)
    text = _alt(Story(("views",), first, last, rows)) + (f" Spikes: {len(spike_waves)}." if spike_waves else "")
    if before is not None:
        specification, boxes = before.drawn(specification), [*boxes, *before.legend]
        text += f" Dashed line: {before.title}."
    caption = caption_of(viewer, store, selection, "Views and unique visitors")
    return Chart(arrow_table(rows), specification, text, boxes + state_parts(states), caption)


def _of_days(viewer: Viewer, store: Store, selection: Selection, *counts: str) -> dict[str, DataFrame]:
    """The series of the selected repository: of each count, and of its people."""
    metrics = [metric for count in counts for metric in (count, COUNTED[count])]
    found = {each: series(viewer, store, selection, selection.usual_grain, each) for each in metrics}
    return {metric: rows[rows["repository_id"].notna()] for metric, rows in found.items()}


def wave_key(wave: Wave) -> str:
    return f"{wave.spikes[0].peak}-{wave.spikes[0].metric}"


def _waves(waves: Sequence[Wave]) -> Columns:
    """A row a wave: its peak, the days from its first to its last, its key, its number, its texts."""
    rows = _happened([(each.spikes[0].peak, WAVE, SPIKE, spike_text(each.spikes[0])) for each in waves])
    if not rows:
        return {}
    half = np.timedelta64(timedelta(days=0.5))
    rows["from"] = _moments([each.first for each in waves]) - half
    rows["to"] = _moments([each.last for each in waves]) + half
    numbers = [str(number) if number <= NUMBERED else "" for number in range(1, len(waves) + 1)]
    return rows | {WAVE: objects(map(wave_key, waves)), "number": objects(numbers)}


def _in_waves(counted: Columns, waved: Columns) -> Columns:
    """Of each bar the key of the wave that it is in."""
    keys = np.full(len(counted["at"]), None, dtype=object)
    for first, last, key in zip(*(waved.get(name, ()) for name in ("from", "to", WAVE)), strict=True):
        keys[(counted["to"] > first) & (counted["from"] < last)] = key
    return {WAVE: keys}


@cached("traffic", in_words=True)
def story_chart(viewer: Viewer, store: Store, selection: Selection) -> Chart | None:
    """Views, clones, stars, forks and downloads as lanes of one chart, with what happened; None: nothing is known."""
    of_days = _of_days(viewer, store, selection, *COUNTED)
    marks = happenings(viewer, store, selection)
    spikes = repository_spikes(viewer, store, selection)
    marks += [Mark(each.peak, SPIKE, spike_text(each), each.metric) for each in spikes]
    machines = machine_clones(viewer, store, selection)
    shown = story(of_days, counters(viewer, store, selection), marks, selection, machines)
    if not any(lane in BARS for lane in shown.lanes):
        return None
    kinds = set(shown.rows.loc[shown.rows["text"].notna(), "kind"])
    boxes = legend(shown.lanes, set(shown.rows["state"].dropna()), kinds | shown.details)
    specification = lanes_specification(shown.lanes, shown.first, shown.last, shown.details)
    caption = caption_of(viewer, store, selection, TITLE)
    return Chart(arrow_table(shown.rows), specification, _alt(shown), boxes, caption)


def happenings(viewer: Viewer, store: Store, selection: Selection) -> list[Mark]:
    """The releases of a repository and the notes that concern it, by day."""
    (repository_id,) = selection.repository_ids or (0,)
    released = releases(viewer, store, selection)
    found = [
        Mark(day, "Release", tag if pd.isna(name) or name == tag or not name else f"{tag}: {name}")
        for day, tag, name in zip(released["day"], released["tag_name"], released["name"], strict=True)
    ]
    noted = notes(viewer, store, selection.first, selection.last, repository_id)
    found += [Mark(each.day, "Note", each.note) for each in noted]
    return sorted(found, key=lambda each: (each.day, each.kind, each.text))


def story(
    of_days: Mapping[str, DataFrame],
    counters: DataFrame,
    happened: Sequence[Mark],
    selection: Selection,
    machines: DataFrame | None = None,
) -> Story:
    """Arrange the rows of traffic.series by metric, repository.counters and machine_clones, of one repository, with its
    marks.
    """
    grain = selection.usual_grain
    parts = [_counted(of_days, metric, grain, machines if metric == "clones" else None) for metric in COUNTED]
    parts += [_gained(counters, grain)]
    parts += [_counter(counters, name) for name in LINES]
    parts += [_marks([each for each in happened if each.kind != SPIKE])]
    lanes = tuple(part["lane"][0] for part in parts if part)
    if grain is Grain.DAY:  # the bar of a week says nothing of a day in it
        parts += [_marks([each for each in happened if each.kind == SPIKE])]
    ordered = tuple(sorted(lanes, key=[MARKS, *BARS, *LINES].index))
    columns = [*("lane", "at", "from", "to", "floor", "value", "people"), *("state", "open", "when", "state_text")]
    columns += ["kind", "text", "spoken", *MACHINES, "machines"]
    first, last = grain.first_day(selection.first), grain.last_day(selection.last)
    return Story(ordered, first, last, _joined(parts, columns))


def _joined(parts: Iterable[Columns], names: Sequence[str] = ()) -> DataFrame:
    """The rows of all parts, with these columns or all that one has; what a part does not have is unknown."""
    filled = [part for part in parts if part]
    kinds = {name: column.dtype.kind for part in filled for name, column in part.items()}
    unknown = {name: None if kinds.get(name, "f") in "Ob" else np.nan for name in names or kinds}
    return DataFrame(
        {
            name: np.concatenate([part.get(name, np.full(len(part["at"]), value)) for part in filled] or [np.array([])])
            for name, value in unknown.items()
        }
    )


def _counted(of_days: Mapping[str, DataFrame], metric: str, grain: Grain, machines: DataFrame | None = None) -> Columns:
    """A lane of bars with people before them, as far as the metric is known or a gap."""
    of_metric, of_people = of_days[metric], of_days[COUNTED[metric]]
    periods, values, states = list(of_metric["period"]), _floats(of_metric["value"]), with_imports(of_metric, grain)
    if np.isnan(values).all() and "gap" not in states:  # pending from first to last: there is nothing to draw
        return {}
    people = dict(zip(of_people["period"], _floats(of_people["value"]), strict=True))
    kinds: dict[date, Any] = dict(zip(of_people["period"], of_people["kind"], strict=True))
    states = states if grain is Grain.DAY else partly(states)
    rows = _lane_rows(metric, periods, values, grain, [STATES[state] for state in states]) | {
        "people": np.array([people.get(period, np.nan) for period in periods]),
        "state": states,
        "open": np.isin(states, OPEN),
        "kind": objects(PEOPLE.get(kinds.get(period, "")) for period in periods),
    }
    return rows if machines is None else _by_machines(rows, machines, periods, grain)


def _by_machines(rows: Columns, machines: DataFrame, periods: Sequence[date], grain: Grain) -> Columns:
    """The clones with how many of each period machines have made at least, as a number and in words."""
    least: dict[date, float] = {}
    for day, count in zip(machines["day"], _floats(machines["at_least_by_actions"]), strict=True):
        if not np.isnan(count):
            period = grain.first_day(day)
            least[period] = least.get(period, 0) + count
    steady = dict(zip(machines["day"], _floats(machines["steady_floor"]), strict=True)) if grain is Grain.DAY else {}
    texts = [
        f"at least {number_text(least[period])} of {number_text(count)}"
        if period in least and not np.isnan(count)
        else "unknown"
        for period, count in zip(periods, rows["value"], strict=True)
    ]
    spoken = zip(rows["spoken"], texts, strict=True)
    return rows | {
        ACTIONS: np.array([least.get(period, np.nan) for period in periods]),
        STEADY: np.array([steady.get(period, np.nan) for period in periods]),
        "machines": objects(texts),
        "spoken": objects(said if text == "unknown" else f"{said}, by GitHub Actions {text}" for said, text in spoken),
    }


def _gained(counters: DataFrame, grain: Grain) -> Columns:
    """The stars gained; of weeks, those of their known days."""
    gained: dict[date, float] = {}
    for day, stars in _known(counters, "stars_gained").items():
        period = grain.first_day(day)
        gained[period] = gained.get(period, 0) + stars
    return _read("stars_gained", dict(sorted(gained.items())), grain)


def _counter(counters: DataFrame, name: str) -> Columns:
    """A lane with a counter as it was read; it stays what it was until it is read anew."""
    return _read(name, _known(counters, name), Grain.DAY)


def _known(counters: DataFrame, name: str) -> dict[date, float]:
    read = zip(counters["day"], _floats(counters[name]), strict=True)
    return {day: value for day, value in read if not np.isnan(value)}


def _read(name: str, values: Mapping[date, float], grain: Grain) -> Columns:
    """A lane of values by their periods, all of them final."""
    if not values:
        return {}
    rows = _lane_rows(name, list(values), np.array(list(values.values())), grain, ["final"] * len(values))
    del rows["state_text"]
    return rows | {"open": np.zeros(len(values), dtype=bool)}


def _marks(marks: Sequence[Mark]) -> Columns:
    return _happened(
        [(each.day, f"{each.metric} {SPIKE}" if each.metric else MARKS, each.kind, each.text) for each in marks]
    )


def _happened(marks: Sequence[tuple[date, str, str, str]]) -> Columns:
    """A row for each day, lane, kind and text."""
    if not marks:
        return {}
    days, lanes, kinds, texts = zip(*marks, strict=True)
    rows = _periods(days, Grain.DAY)
    spoken = [f"{kind}, {when}: {text}" for kind, when, text in zip(kinds, rows["when"], texts, strict=True)]
    texts_of = {"lane": lanes, "kind": kinds, "text": texts, "spoken": spoken}
    return rows | {name: objects(column) for name, column in texts_of.items()}


def _lane_rows(name: str, periods: Sequence[date], values: Column, grain: Grain, state_texts: Sequence[str]) -> Columns:
    rows = _periods(periods, grain)
    counts = ["unknown" if np.isnan(value) else number_text(value) for value in values]
    spoken = [f"{when}: {count}, {state}" for when, count, state in zip(rows["when"], counts, state_texts, strict=True)]
    texts = {"lane": [name] * len(periods), "state_text": state_texts, "spoken": spoken}
    return rows | {"value": values} | {name: objects(column) for name, column in texts.items()}


def _periods(periods: Sequence[date], grain: Grain) -> Columns:
    """A row a period: at, from and to (UTC: a bar's middle and ends), when (the period as people call it)."""
    at = _moments(periods) + np.timedelta64(timedelta(days=MIDDLES[grain]))
    half = np.timedelta64(timedelta(days=_HALF[grain]))
    floor, when = np.zeros(len(periods)), objects(period_name(each, grain) for each in periods)
    return {"at": at, "from": at - half, "to": at + half, "floor": floor, "when": when}


def _moments(days: Sequence[date]) -> Column:
    return np.array(days, dtype="datetime64[D]").astype("datetime64[us]")


def _floats(values: "pd.Series[Any]") -> Column:
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def _alt(story: Story) -> str:
    names = [LANES[lane].title.lower() for lane in story.lanes if lane in LANES]
    views = story.rows[(story.rows["lane"] == "views") & story.rows["value"].notna()]
    text = f"{', '.join(names)}, {days_text(story.first, story.last)} (UTC)."
    if len(views):
        most = views.loc[views["value"].idxmax()]
        text += f" Most views: {number_text(most['value'])}, {most['when']}."
    count = int((story.rows["lane"] == MARKS).sum())
    return capitalised(text) + (f" Releases and notes: {count}." if count else "")


def lanes_specification(
    lanes: tuple[str, ...], first: date, last: date, details: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The chart as a Vega-Lite specification without rows: its lanes from the top, its days, in which lanes days stand
    out, what is known of machines (a layer without any mark would be a picture without a name to a screen reader).

    Altair takes a tenth of a second to check one, so it makes one for each set of lanes; the days are put in here.
    """
    return _with_days(_of_lanes(lanes, details), first, last)


def _with_days(specification: dict[str, Any], first: date, last: date) -> dict[str, Any]:
    """A copy with these days on all axes of time."""
    found = copy.deepcopy(specification)
    reach = [_midday(first - timedelta(days=1)), _midday(last)]
    ticks = day_ticks(first, last, TICKS)
    written = "%b %Y" if (last - first).days > LONG_DAYS else DAY_TICK
    for lane in found.get("vconcat", [found]):
        for layer in lane["layer"]:
            layer["encoding"]["x"]["scale"]["domain"] = reach
            layer["encoding"]["x"]["axis"] |= {"values": ticks, "format": written}
    return found


def _midday(day: date) -> dict[str, Any]:
    return {"year": day.year, "month": day.month, "date": day.day, "hours": 12, "utc": True}


def chosen_wave(chart: Chart, key: str) -> Chart:
    """The chart with one of its waves marked as chosen; '' for none."""
    parameters = [*chart.specification["params"], {"name": CHOSEN, "value": key}]
    return replace(chart, specification=chart.specification | {"params": parameters})


@cache
def _views(marked: bool, spiked: bool) -> dict[str, Any]:
    """Views and visitors as one chart, with what happened above."""
    x = partial(day_axis, tick_count=TICKS)
    is_chosen = f"datum.{WAVE} == {CHOSEN}"
    waved = rows_where(alt.datum["lane"] == WAVE)
    band = waved.mark_rect(fill=RED, aria=False).encode(
        x=x("from"), x2=alt.X2("to:T"), opacity=either(alt.OpacityValue, is_chosen, 0.13, 0)
    )
    layers = [
        band,
        _bands(x),
        *([_rules(x)] if marked else []),
        _bars("views", x).properties(name=WAVE),
        _people("views", x),
    ]
    layers += [_symbols(x, MARKS_ABOVE)] if marked else []
    if spiked:
        shared = {"x": x("at"), "y": PIXEL(WAVES_ABOVE), "tooltip": tooltip(MARK_TITLES)}
        sign = waved.mark_point(filled=True, opacity=1, color=RED, cursor="pointer").encode(
            **shared,
            shape=either(alt.ShapeValue, "datum.number", "circle", "triangle-down"),
            size=either(alt.SizeValue, "datum.number", 230, 60),
            stroke=either(alt.StrokeValue, is_chosen, "#10171f", RED),
            description=alt.Description("spoken:N"),
        )
        number = waved.mark_text(color="white", fontWeight="bold", fontSize=11, cursor="pointer", aria=False)
        layers += [sign, number.encode(**shared, text=alt.Text("number:N"))]
    click = {"name": WAVE, "select": {"type": "point", "fields": [WAVE]}, "views": [WAVE]}
    return TOP | layered(*layers, height=HEIGHT, params=[click])


@cache
def _of_lanes(lanes: tuple[str, ...], details: frozenset[str]) -> dict[str, Any]:
    drawn = []
    for name in lanes:
        is_last = name == lanes[-1]  # only the last lane names the days
        axis = partial(day_axis, tick_count=TICKS, labels=is_last, ticks=is_last)
        drawn.append(_lane(name, axis, MARKS in lanes, details))
    return TOP | {"vconcat": drawn, "spacing": 6, "autosize": {"type": "fit-x", "contains": "padding"}}


def _lane(name: str, x: Axis, marked: bool, details: frozenset[str]) -> dict[str, Any]:
    if name == MARKS:
        return layered(_symbols(x, 9), height=18)
    layers = [_rules(x)] if marked else []
    if name in COUNTED:
        layers = [_bands(x), *layers, _bars(name, x, of_machines=name == "clones" and ACTIONS in details)]
        if name == "clones":
            layers += [_machines(each, x) for each in MACHINES if each in details]
        layers += [_people(name, x), *([_spikes(name, x)] if name in details else [])]
    else:
        layers += [_bars(name, x)] if name in BARS else _steps(name, x)
    lane = LANES[name]
    title = {"text": lane.title, "anchor": "start", "fontSize": 12, "fontWeight": 500, "offset": 4}
    return layered(*layers, height=lane.height, title=title)


def _symbols(x: Axis, y: int) -> Any:
    shapes = alt.Scale(domain=list(MARK_SHAPES), range=list(MARK_SHAPES.values()))
    symbols = rows_where(alt.datum["lane"] == MARKS).mark_point(filled=True, size=90, opacity=1)
    return symbols.encode(
        x=x("at"),
        y=PIXEL(y),
        color=_mark_colour(),
        shape=alt.Shape("kind:N", legend=None, scale=shapes),
        tooltip=tooltip(MARK_TITLES),
        description=alt.Description("spoken:N"),
    )


def _rules(x: Axis) -> Any:
    """A line down each lane for what happened."""
    rules = rows_where(alt.datum["lane"] == MARKS).mark_rule(strokeDash=[2, 3], opacity=0.7, aria=False)
    return rules.encode(x=x("at"), color=_mark_colour(), tooltip=tooltip(MARK_TITLES))


def _mark_colour() -> alt.Color:
    scale = alt.Scale(domain=list(MARK_COLOURS), range=list(MARK_COLOURS.values()))
    return alt.Color("kind:N", legend=None, scale=scale)


def _bands(x: Axis) -> Any:
    # both lanes have one, and both lanes' rows
    bands = rows_where(alt.datum["state"] == "gap").mark_rect(fill=COLOURS["gap"], opacity=0.11, aria=False)
    return bands.encode(x=x("from"), x2=alt.X2("to:T"), tooltip=tooltip({"when": "Gap (not collected)"}))


def _machines(name: str, x: Axis) -> Any:
    """A part of each bar of the clones from below, or a line across it."""
    rows = _rows("clones", name)
    if name == STEADY:
        return rows.mark_rule(color=ORANGE, strokeWidth=2, strokeDash=[3, 3], aria=False).encode(
            x=x("from"), x2=alt.X2("to:T"), y=count_axis(STEADY, 4, **EXTENT)
        )
    tips = tooltip({"when": "When (UTC)", "machines": "By GitHub Actions"})
    return rows.mark_bar(color=OLIVE, aria=False).encode(
        x=x("from"), x2=alt.X2("to:T"), y=count_axis(ACTIONS, 4, **EXTENT), y2=alt.Y2("floor:Q"), tooltip=tips
    )


def _bars(name: str, x: Axis, *, of_machines: bool = False) -> Any:
    lane = LANES[name]
    titles = {"when": "When (UTC)", "value": lane.title.partition(" and ")[0]}
    if lane.people:
        titles |= {"people": lane.people, "kind": "Uniques", "state_text": "State"}
    if of_machines:
        titles["machines"] = "By GitHub Actions"
    bars = _rows(name).mark_bar(cornerRadius=1, color=lane.colour, stroke=lane.colour)
    return bars.encode(
        x=x("from"),
        x2=alt.X2("to:T"),
        y=count_axis("value", 4, **EXTENT),
        y2=alt.Y2("floor:Q"),
        fillOpacity=alt.FillOpacityValue(
            0.85, condition=[{"test": HOLLOW, "value": 0.15}, {"test": LIGHTER, "value": 0.5}]
        ),
        strokeWidth=either(alt.StrokeWidthValue, HOLLOW, 1.2, 0),
        strokeDash=either(alt.StrokeDashValue, HOLLOW, [3, 2], []),
        tooltip=tooltip(titles, value=",d", people=",d"),
        description=alt.Description("spoken:N"),
    )


def _spikes(name: str, x: Axis) -> Any:
    """A red marker at the top of the lane above each unusual day."""
    signs = rows_where(f"datum.lane == '{name} {SPIKE}'")
    signs = signs.mark_point(shape="triangle-down", filled=True, size=70, opacity=1, color=RED)
    return signs.encode(x=x("at"), y=PIXEL(-2), tooltip=tooltip(MARK_TITLES), description=alt.Description("spoken:N"))


def _people(name: str, x: Axis) -> Any:
    """The people, as a tick across each bar: never a line, since nothing is known between two counts."""
    lane = LANES[name]
    ticks = _rows(name, "people").mark_rule(color=lane.people_colour, strokeWidth=2.5, aria=False)
    return ticks.encode(
        x=x("from"),
        x2=alt.X2("to:T"),
        y=count_axis("people", 4, **EXTENT),
        opacity=either(alt.OpacityValue, alt.datum["open"], 0.5, 1),
        tooltip=tooltip({"when": "When (UTC)", "people": lane.people, "kind": "Uniques"}, people=",d"),
    )


def _steps(name: str, x: Axis) -> list[Any]:
    """A counter: a line that stays level until the next reading, with a point at each."""
    lane, y = LANES[name], count_axis("value", 3, zero=False, **EXTENT)
    hint = tooltip({"when": "Read on (UTC)", "value": lane.title}, value=",d")
    line = _rows(name).mark_line(interpolate="step-after", color=lane.colour, strokeWidth=2, aria=False)
    points = _rows(name).mark_point(filled=True, color=lane.colour, size=14, opacity=0.9)
    return [
        line.encode(x=x("at"), y=y),
        points.encode(x=x("at"), y=y, tooltip=hint, description=alt.Description("spoken:N")),
    ]


def _rows(name: str, column: str = "value") -> Any:
    """The rows of a lane of which that column is known."""
    return rows_where(f"datum.lane == '{name}' && isValid(datum.{column})")
