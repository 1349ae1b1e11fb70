"""The panels of a dashboard in a grid of twelfths, each drawn once a version of the store, with its data as a file."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st
from pandas import DataFrame

from data.accounts.models import Viewer
from data.calendar import utc_day, utc_now
from data.dashboards.panel_text import SNAPSHOTS, group_name, measure_name, range_name, title_of
from data.dashboards.panels import PanelRows, panel_rows
from data.dashboards.specification import LISTED, PERIODS, WIDEST, Kind, Panel, Source
from data.insight.text import capitalised, change
from data.repositories.repositories import repositories
from data.store import Store
from data.store.arrow import arrow_table
from data.store.cache import cached
from data.text import counted
from data.traffic.models import Grain
from pages.ui import controls, filters, messages, session, tables
from pages.ui.charts import panels as charts
from pages.ui.charts.chart import Caption, Chart, Legend, draw_picture_button, legend_of
from pages.ui.charts.counterpart import counterpart
from pages.ui.notation import day_format, in_readers_notation
from pages.ui.store import the_store

NOTHING = "No data for these days and repositories."
SUMMED = {"visitors": "visitor_days", "cloners": "cloner_days"}  # what the days before have of people
ROW, LETTER = 35, 8  # pixels of a table's row, and of a letter above it

Tools = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class DrawnPanel:
    """A panel as Streamlit takes it. One for all who may see it: not to be changed.

    `rows` are an Arrow table, of a chart with its specification and legend; None where there is nothing to show. Of a
    number there are its value and its change instead.
    """

    notes: str
    rows: Any = None
    alt: str = ""
    specification: dict[str, Any] | None = None
    legend: Legend = ()
    value: int | None = None
    change: str | int | None = None


@cached("traffic", in_words=True)
def drawn_panel(viewer: Viewer, store: Store, panel: Panel, today: date) -> DrawnPanel:
    result = panel_rows(viewer, store, panel, today)
    notes = " ".join(result.notes)
    if panel.kind is Kind.NUMBER:
        row = result.rows.iloc[0]
        value, compared, before = (
            None if row[name] is None or row.isna()[name] else int(row[name])
            for name in ("value", "compared", "before")
        )
        return DrawnPanel(notes, value=value, change=_change(panel, compared, before))
    if result.rows.empty or result.rows["value"].isna().all():
        return DrawnPanel(notes)
    if panel.kind is Kind.TABLE:
        rows = table_rows(result)
        return DrawnPanel(notes, arrow_table(rows), f"Table with {counted(len(rows), 'row')}.")
    grain, metric = Grain(result.panel.by) if result.panel.by in PERIODS else Grain.DAY, SUMMED.get(panel.measure)
    earlier = counterpart(viewer, store, result.compared, metric or panel.measure, grain) if result.compared else None
    ids = {each.full_name: each.repository_id for each in repositories(viewer, store)}
    chart = charts.drawing(result, ids, earlier)
    drawn, legend = charts.specification(chart.shape), charts.legend(chart.shape)
    if earlier:
        drawn, legend = earlier.drawn(drawn), [*legend, *earlier.legend]
    return DrawnPanel(notes, arrow_table(chart.rows), chart.alt, drawn, legend)


def _change(panel: Panel, value: int | None, before: int | None) -> str | int | None:
    """How a number has changed, if it has: a counter by how much it has grown, anything else in percent."""
    if value is None or before is None or value == before:
        return None
    return value - before if panel.measure in SNAPSHOTS else change(value, before)


def table_rows(result: PanelRows) -> DataFrame:
    panel, rows = result.panel, result.rows
    if panel.kind is Kind.NUMBER:
        return rows[["value", "compared", "before", "state"]].assign(state=rows["state"].map(tables.STATES))
    shown = DataFrame(index=rows.index)
    if panel.by in PERIODS:
        shown["period"] = rows["period"]
    if panel.by == "weekday":
        shown["weekday"] = [f"{each:%A}" for each in rows["period"]]
    if panel.split or panel.by not in (*PERIODS, "weekday"):
        shown["name"] = rows["name"]
    for column in ("value", *panel.also):
        shown[column] = rows[column]
    if (rows["state"] != "final").any():
        shown["state"] = rows["state"].map(tables.STATES)
    return shown


def file_rows(result: PanelRows) -> DataFrame:
    """A panel's rows for a file: every value with its state, the columns under the names that are shown."""
    panel, shown = result.panel, table_rows(result)
    if panel.kind is not Kind.NUMBER:
        shown["state"] = result.rows["state"]
    names = {
        "period": panel.by,
        "name": panel.split or panel.by,
        "value": measure_name(panel, panel.measure),
        **{each: measure_name(panel, each) for each in panel.also},
    }
    return shown.rename(columns={column: str(names.get(column) or column) for column in shown.columns})


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


def draw_row(
    viewer: Viewer,
    panels: Sequence[Panel],
    row: Sequence[int],
    tools: Tools | None = None,
    *,
    files: session.Files | None = session.OWN,
) -> None:
    """The panels of a row in frames as wide as they are, with tools above each; what is left over stays empty.

    Without `files` there is nothing to be saved.
    """
    widths = [panels[each].width for each in row]
    rest = WIDEST - sum(widths)
    frames = st.columns([*widths, rest] if rest else widths, gap="small", border=not rest)
    with filters.reading():
        for frame, number in zip(frames, row, strict=False):
            place = frame.container(border=True, height="stretch") if rest else frame
            if tools is not None:
                with place:
                    tools(number)
            panel = panels[number]
            drawn = None if panel.kind is Kind.TEXT else drawn_panel(viewer, the_store(), panel, utc_day(utc_now()))
            with place:  # what says that it is being read stands below the row
                _draw(panel, drawn, number, files)


def _draw(panel: Panel, drawn: DrawnPanel | None, number: int, files: session.Files | None) -> None:
    if drawn is None:
        _draw_text(panel)
        return
    title = messages.literal(title_of(panel))
    if panel.kind is Kind.NUMBER:
        value = "unknown" if drawn.value is None else drawn.value
        st.metric(title, value, drawn.change, format="localized", help=drawn.notes or None)
    else:
        st.subheader(title, anchor=False, help=drawn.notes or None)
        _draw_rows(panel, drawn, number)
    if files is None:
        st.caption(messages.literal(_scope(panel)))
        return
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall", key=f"dashboards_{number}_below"):
        controls.download_rows(
            f"{messages.literal(_scope(panel))} · CSV",
            lambda viewer, store: file_rows(panel_rows(viewer, store, panel, utc_day(utc_now()))),
            file_name(title_of(panel)),
            key=f"dashboards_{number}",
            excel=panel.kind is not Kind.NUMBER,
            kind="tertiary",
            files=files,
        )
        if drawn.specification is not None:
            caption = Caption(title_of(panel), _scope(panel))
            chart = Chart(drawn.rows, drawn.specification, drawn.alt, drawn.legend, caption)
            draw_picture_button(chart, f"dashboards_chart_{number}", files)


def _draw_text(panel: Panel) -> None:
    if panel.title:
        st.subheader(messages.literal(panel.title), anchor=False)
    for paragraph in re.split(r"\n\s*\n", panel.text.strip()):
        st.markdown(messages.literal(paragraph))


def _draw_rows(panel: Panel, drawn: DrawnPanel, number: int) -> None:
    alt = f"{title_of(panel)}. {drawn.alt}"
    if drawn.rows is None:
        st.caption(NOTHING)
    elif drawn.specification is None:
        height = min(panel.height, ROW * (drawn.rows.num_rows + 1) + 3)
        tables.draw(drawn.rows, _table_columns(panel), f"dashboards_rows_{number}", alt, height)
    else:
        chart = in_readers_notation(drawn.specification)
        st.vega_lite_chart(drawn.rows, chart, alt=alt, key=f"dashboards_chart_{number}")
        if drawn.legend:
            st.html(legend_of(drawn.legend))


def _table_columns(panel: Panel) -> Mapping[str, Any]:
    config = st.column_config
    period = group_name(panel.by or "day")
    columns: dict[str, Any] = {
        "period": config.DateColumn(period, format=day_format(), help="UTC, as GitHub counts days"),
        "weekday": config.TextColumn("Weekday"),
        "name": config.TextColumn(group_name(panel.split or panel.by or "name"), width=155),
        "state": config.TextColumn("State", help=tables.STATE_HELP),
    }
    for column, measure in (("value", panel.measure), *zip(panel.also, panel.also, strict=True)):
        called = measure_name(panel, measure)
        columns[column] = config.NumberColumn(called, format="localized", width=max(84, LETTER * len(called)))
    return columns


def _scope(panel: Panel) -> str:
    """The range and the repositories of a panel, in a few words."""
    if panel.source is Source.REPOSITORIES:
        parts = ["Latest"]
    elif panel.source in LISTED and panel.by != "day":
        fixed = panel.range.first is not None
        parts = [f"Newest lists of {range_name(panel.range)}" if fixed else "Newest lists"]
    else:
        parts = [capitalised(range_name(panel.range))]
    if panel.repositories:
        shown = ", ".join(panel.repositories[:2])
        parts.append(shown if len(panel.repositories) <= 2 else f"{shown} and {len(panel.repositories) - 2} more")
    return " · ".join(parts)


def file_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:60] or "panel"
