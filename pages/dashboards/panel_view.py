"""Draws the panels of a dashboard in a grid of twelfths, each with its data to take away."""

import re
from collections.abc import Callable, Iterator, Sequence

import streamlit as st

from data.accounts.models import Viewer
from data.dashboards.panel_text import range_name, title_of
from data.dashboards.specification import LISTED, WIDEST, Kind, Panel, Source
from pages.dashboards import dashboard_readers, placing
from pages.dashboards.dashboard_readers import Drawn, Sight
from pages.ui import messages, readers, tables
from pages.ui.time_format import readers_day_format

NOTHING = "Nothing is known of this choice of days and repositories."
ROW = 35  # pixels of a table's row


def rows_of(panels: Sequence[Panel]) -> Iterator[list[int]]:
    """The numbers of the panels that stand beside each other: as many as fit into twelve twelfths."""
    row: list[int] = []
    for number, panel in enumerate(panels):
        if row and sum(panels[each].width for each in row) + panel.width > WIDEST:
            yield row
            row = []
        row.append(number)
    if row:
        yield row


def draw_grid(viewer: Viewer, panels: Sequence[Panel]) -> None:
    """All panels, from top to bottom."""
    seen = dashboard_readers.sight(viewer)
    for row in rows_of(panels):
        draw_row(seen, panels, row)


def draw_row(
    seen: Sight, panels: Sequence[Panel], row: Sequence[int], tools: Callable[[int], None] | None = None
) -> None:
    """The panels of a row in frames as wide as they are, with tools above each; what is left over stays empty."""
    widths = [panels[each].width for each in row]
    rest = WIDEST - sum(widths)
    frames = st.columns([*widths, rest] if rest else widths, gap="small", border=not rest)
    for frame, number in zip(frames, row, strict=False):
        with frame.container(border=True, height="stretch") if rest else frame:
            if tools is not None:
                tools(number)
            draw(seen, panels[number], number)


def draw(seen: Sight, panel: Panel, number: int) -> None:
    """A panel in its frame; its number tells its widgets from those of others."""
    if panel.kind is Kind.TEXT:
        _draw_text(panel)
        return
    found = dashboard_readers.drawn(seen, panel)
    if panel.kind is Kind.NUMBER:
        _draw_number(panel, found)
    else:
        _draw_title(panel, found.notes)
        _draw_rows(panel, found, number)
    _draw_foot(panel, number)


def _draw_text(panel: Panel) -> None:
    if panel.title:
        st.subheader(messages.literal(panel.title), anchor=False)
    for paragraph in re.split(r"\n\s*\n", panel.text.strip()):
        st.markdown(messages.literal(paragraph))


def _draw_title(panel: Panel, notes: str) -> None:
    st.subheader(messages.literal(title_of(panel)), anchor=False, help=notes or None)


def _draw_number(panel: Panel, found: Drawn) -> None:
    number = found.number
    value = "unknown" if number is None or number.value is None else number.value
    change = number.change if number else None
    title = messages.literal(title_of(panel))
    st.metric(title, value, change, format="localized", help=found.notes or None)


def _draw_rows(panel: Panel, found: Drawn, number: int) -> None:
    if found.rows is None:
        st.caption(NOTHING)
    elif found.specification is None:
        height = min(panel.height, ROW * (found.rows.num_rows + 1) + 3)
        st.dataframe(
            found.rows,
            column_config=placing.table_columns(panel, readers_day_format()),
            hide_index=True,
            placeholder=tables.UNKNOWN,
            height=height,
            key=f"dashboards_rows_{number}",
            alt=f"{title_of(panel)}. {found.alt}",
        )
    else:
        st.vega_lite_chart(
            found.rows, found.specification, alt=f"{title_of(panel)}. {found.alt}", key=f"dashboards_chart_{number}"
        )


def _draw_foot(panel: Panel, number: int) -> None:
    """What the panel is of, and its data as a file."""
    st.download_button(
        f"{messages.literal(_scope(panel))} · CSV",
        readers.download(lambda viewer, store: dashboard_readers.panel_csv(viewer, store, panel)),
        f"{file_name(title_of(panel))}.csv",
        "text/csv",
        key=f"dashboards_csv_{number}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def _scope(panel: Panel) -> str:
    """The range and the repositories of a panel, in a few words."""
    if panel.source is Source.REPOSITORIES:
        parts = ["Now"]
    elif panel.source in LISTED and panel.by != "day":
        fixed = panel.range.first is not None
        parts = [f"The newest lists of {range_name(panel.range)}" if fixed else "The newest lists"]
    else:
        parts = [range_name(panel.range).capitalize()]
    if panel.repositories:
        shown = ", ".join(panel.repositories[:2])
        parts.append(shown if len(panel.repositories) <= 2 else f"{shown} and {len(panel.repositories) - 2} more")
    return " · ".join(parts)


def file_name(title: str) -> str:
    """A title as part of the name of a file."""
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:60] or "panel"
