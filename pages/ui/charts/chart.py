"""What all charts have in common: what is sent to the browser, and their colours."""

import html
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import altair as alt
import streamlit as st
from altair.utils import schemapi

from data.accounts.models import Viewer
from data.calendar import utc_day, utc_now
from data.repositories.repositories import repository_names
from data.store import Store
from data.text import counted, day_text, days_text
from data.traffic.models import Selection
from pages.ui import session
from pages.ui.charts.picture import MIME, Picture, ThemeColours, rendered
from pages.ui.notation import DAY_TICK, for_vega, in_readers_notation

# At least 3:1 against both themes' backgrounds; the first eight are told apart by people who see fewer colours.
COLOURS = {
    "series": "#2f7fe6 #d9730d #0b9382 #c2489c #8a8500 #8667e8 #dd4550 #3c8c3a #1688ad #a8683c #a457cf #6c9020",
    "rest": "#7b8798",
    "gap": "#7b8798",
    "mark": "#dd4550",
}
BLUE, ORANGE, TEAL, PINK, OLIVE, VIOLET, RED = COLOURS["series"].split()[:7]
TOP = {"$schema": alt.SCHEMA_URL, "config": {"view": {"continuousWidth": 300, "continuousHeight": 300}}}
KNOWN = "isValid(datum.value)"
FLUSH = 25  # pixels from an end of the axis of time: so near a label is moved inwards, where it is not cut
MOST_NAMED = 3  # repositories, above a picture
FALLBACK_THEME = "light"

Legend = Sequence[tuple[str, str]]  # the style of each box, and its name


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands above the picture of a chart, and in its file's name: what it is, of which repositories, from the
    first day to the last; without days, it is of the day on which it is made.
    """

    title: str
    of: str = ""
    days: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as Streamlit takes it: its rows (an Arrow table or a DataFrame), its Vega-Lite specification without
    them, its text for those who do not see it, its legend, what its picture is called, and what is said below it on a
    page only. One for all who may see it: not to be changed.
    """

    rows: Any
    specification: dict[str, Any]
    alt: str
    legend: Legend
    caption: Caption
    hint: str = ""


def colours_of(names: Sequence[str], ids: Mapping[str, int]) -> dict[str, str]:
    """A colour for each name. A repository has the same one on every chart, by its id; where one with a smaller id has
    it already on this chart, and for whatever is no repository, it is the next that is free.
    """
    palette = COLOURS["series"].split()
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: ids.get(name, sys.maxsize)):
        own = ids[name] - 1 if name in ids else len(found)
        turned = [palette[(own + turn) % len(palette)] for turn in range(len(palette))]
        found[name] = next((colour for colour in turned if colour not in found.values()), turned[0])
    return {name: found[name] for name in names}


@cache
def trust_specifications() -> None:
    """Have Altair make specifications without checking each part against its schema, which takes most of its time.

    What we make is ours, and the tests have it checked. A cached function: a server needs to say so once.
    """
    schemapi.disable_debug_mode()


def draw(
    chart: Chart,
    key: str,
    on_select: Callable[[], None] | None = None,
    *,
    files: session.Files | None = session.OWN,
) -> None:
    """Draw a chart, and below it its legend and the way to its picture, where `files` are given to anybody; `on_select`
    is called where something of the chart is clicked.
    """
    st.vega_lite_chart(
        chart.rows,
        in_readers_notation(chart.specification),
        alt=chart.alt,
        key=key,
        width="stretch",
        on_select=on_select or "ignore",
    )
    if chart.hint:
        st.caption(chart.hint)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="top", key=f"{key}_below"):
        if chart.legend:
            st.html(legend_of(chart.legend))
        if files is not None:
            draw_picture_button(chart, key, files)


def draw_picture_button(chart: Chart, key: str, files: session.Files = session.OWN) -> None:
    """A button that opens to the chart as a picture; it is made when it is asked for, in the theme of the browser."""
    theme = st.context.theme.type or FALLBACK_THEME
    picture = picture_of(chart, theme_colours(theme))
    with st.popover("Picture", icon=":material/image:", type="tertiary", key=f"{key}_picture"):
        for kind, name in (("png", "PNG, for slides and posts"), ("svg", "SVG, sharp at any size")):
            content = files.download(_renders(picture, kind))
            file, media_type = f"{file_stem(chart.caption)}.{kind}", files.media_type(MIME[kind])
            st.download_button(name, content, file, media_type, key=f"{key}_{kind}", type="tertiary", on_click="ignore")


def picture_of(chart: Chart, colours: ThemeColours) -> Callable[[], Picture]:
    caption, today, written = chart.caption, utc_day(utc_now()), for_vega()
    first, last = caption.days or (today, today)
    below = " · ".join(part for part in (caption.of, f"{days_text(first, last)} (UTC)") if part)
    source = f"Source: GitHub, collected with GitHub Traffic. Made on {day_text(today)}."

    def picture() -> Picture:
        rows = chart.rows if hasattr(chart.rows, "to_json") else chart.rows.to_pandas()
        values = rows.to_json(orient="records", date_format="iso")
        return Picture(chart.specification, values, caption.title, below, tuple(chart.legend), source, colours, written)

    return picture


def _renders(picture: Callable[[], Picture], kind: str) -> Callable[[Viewer, Store], bytes]:
    return lambda _viewer, _store: rendered(picture(), kind)


def theme_colours(theme: str) -> ThemeColours:
    """The colours of the theme, light or dark, as the configuration has them."""
    names = ("backgroundColor", "textColor", "borderColor")
    return ThemeColours(*(str(st.get_option(f"theme.{theme}.{name}")) for name in names))


def file_stem(caption: Caption) -> str:
    """What a file is called, without its ending: what it shows, and of when."""
    days = caption.days or (utc_day(utc_now()),)
    what = re.sub(r"[^a-z0-9]+", "-", f"{caption.title} {caption.of}".casefold()).strip("-")[:80].strip("-") or "chart"
    return f"{what}-{'-to-'.join(str(day) for day in dict.fromkeys(days))}"


def caption_of(viewer: Viewer, store: Store, selection: Selection, title: str) -> Caption:
    """What a chart of a selection is of."""
    ids, names = selection.repository_ids, repository_names(viewer, store)
    chosen = [names[each] for each in sorted(ids) if each in names] if ids is not None else list(names.values())
    of = ", ".join(chosen) if len(chosen) <= MOST_NAMED else counted(len(chosen), "repository")
    return Caption(title, of, (selection.first, selection.last))


def legend_of(parts: Iterable[tuple[str, str]]) -> str:
    """A legend as HTML, which wraps at any width; '' without parts."""
    box = "display:inline-block;width:.75em;height:.75em;border-radius:.15em;margin-right:.4em"
    name_style = "max-width:100%;overflow-wrap:anywhere"  # a long name is broken on a narrow screen
    items = [
        f'<span style="{name_style}"><span style="{box};{css}"></span>{html.escape(name)}</span>' for css, name in parts
    ]
    style = "display:flex;flex-wrap:wrap;gap:.3em 1.2em;font-size:.85rem"
    return f'<div style="{style}">{"".join(items)}</div>' if items else ""


def state_parts(states: Collection[str]) -> list[tuple[str, str]]:
    """The parts of a legend that explain how periods are drawn that are not final."""
    parts = {
        "partial": (f"background:{COLOURS['rest']};opacity:.6", "Partial: only some of its days are in the range"),
        "pending": (f"border:1.5px dashed {COLOURS['rest']}", "Pending: may still change"),
        "partly": (f"background:{COLOURS['rest']};opacity:.6", "Some days pending: may still change"),
        "gap": (f"background:{COLOURS['gap']};opacity:.35", "Gap: not collected before GitHub deleted it"),
    }
    return [part for state, part in parts.items() if state in states]


def tooltip(titles: Mapping[str, str], **formats: str) -> list[alt.Tooltip]:
    """A mark's tooltip: the columns with their titles; those with a format are numbers."""
    return [
        alt.Tooltip(f"{name}:Q", title=title, format=formats[name])
        if name in formats
        else alt.Tooltip(f"{name}:N", title=title)
        for name, title in titles.items()
    ]


def rows_where(condition: Any) -> Any:
    """A layer of those rows of a chart for which the condition holds."""
    return alt.Chart().transform_filter(condition)


def either(channel: Callable[..., Any], test: Any, value: Any, otherwise: Any) -> Any:
    """A channel with one value where the test holds, and another elsewhere. (For what alt.condition and alt.value give,
    Altair goes through its whole schema, in 10 ms each.)
    """
    return channel(otherwise, condition={"test": str(test), "value": value})


def day_axis(field: str, tick_count: int, **axis: Any) -> alt.X:
    """Days along the axis, in UTC, so that a day is the same one in every time zone."""
    shown: dict[str, Any] = {"format": DAY_TICK, "labelOverlap": "greedy", "labelFlush": FLUSH} | axis
    scale = alt.Scale(type="utc", nice=False)
    return alt.X(f"{field}:T", scale=scale, axis=alt.Axis(title=None, grid=False, tickCount=tick_count, **shown))


def count_axis(field: str, tick_count: int = 5, *, zero: bool = True, **axis: Any) -> alt.Y:
    """Counts up the axis: whole numbers, from zero on unless they are readings of a counter."""
    shown = alt.Axis(title=None, format=",d", tickMinStep=1, tickCount=tick_count, labelFlush=False, **axis)
    return alt.Y(f"{field}:Q", axis=shown, scale=alt.Scale(zero=zero, nice=True))


def layered(*layers: Any, **properties: Any) -> dict[str, Any]:
    """Charts one over the other, for rows that come later, as a specification or a part of one. (alt.layer goes through
    all that is in them several times, in 10 ms each.)
    """
    parts = [each.to_dict(validate=False, context={"top_level": False}) for each in layers]
    for part in parts:
        del part["data"]
    return {"layer": parts, **properties}


def without_data(chart: Any) -> dict[str, Any]:
    """The specification of an Altair chart, for rows that come later."""
    specification: dict[str, Any] = chart.to_dict(validate=False)  # its parts were checked as they were made, in tests
    del specification["data"]
    return specification
