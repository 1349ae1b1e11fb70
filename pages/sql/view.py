"""What a query returned: it runs in this server's sandbox, and becomes a table, a chart, files, or words why not.

Beside it the schema: views first, then tables, each opens to its columns and what they mean.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st
from pandas import DataFrame

from data.accounts.models import Account, Viewer
from data.calendar import utc_day, utc_now
from data.sandbox.reference import ReferenceColumn, Relation, relations
from data.sandbox.sandbox import (
    Answer,
    QueryCancelled,
    QueryFailed,
    Question,
    Run,
    SandboxError,
)
from data.sandbox.statement import Value
from data.sandbox.tenant_extract import prepare_extract
from data.store import Store, StoreError
from data.store.cache import cached
from data.text import counted, number_text
from data.traffic.file_formats import MOST_EXCEL_ROWS, parquet_file
from pages.ui import controls, messages, session, tables
from pages.ui.charts import query as charts
from pages.ui.charts.chart import Caption, Chart, draw
from pages.ui.notation import day_format
from pages.ui.query_sandbox import limits, the_sandbox
from pages.ui.store import the_store

log = logging.getLogger(__name__)

CURRENT, PREPARED = "sql_current", "sql_prepared"
QUICK_S = 0.7  # an answer that comes so soon is shown without a word of waiting
REFRESH_S = 0.5
NO_COLOUR = "(none)"
CUT = {
    "rows": "Only the first {rows} rows are shown, the maximum. Add a limit or a condition.",
    "bytes": "Only the first {rows} rows are shown: the maximum is {megabytes} MB. Select fewer columns.",
}
TOO_LARGE = (
    "There are rows, but none is shown: the first alone is larger than {megabytes} MB. Name fewer columns, or shorten "
    "its texts with left()."
)
SCHEMA_STYLE = """<style>
.sql-schema {font-size: 0.86rem; line-height: 1.45}
.sql-schema details {border-bottom: 1px solid rgba(128, 128, 128, 0.25); padding: 0.3rem 0}
.sql-schema summary, .sql-column {font-family: 'Source Code Pro', ui-monospace, monospace; overflow-wrap: anywhere}
.sql-schema summary {cursor: pointer}
.sql-about {opacity: 0.8; margin: 0.25rem 0}
.sql-column {margin: 0.4rem 0 0 0.9rem}
.sql-column span {opacity: 0.65; font-size: 0.9em; margin-left: 0.4em; white-space: nowrap}
.sql-meaning {opacity: 0.8; margin-left: 0.9rem}
.sql-heading {font-size: 0.8rem; font-weight: 600; margin: 0.8rem 0 0.2rem; opacity: 0.7}
</style>"""


@dataclass(slots=True)
class CurrentQuery:
    """The query of this browser, for the viewer who asked: running, or with its rows, made ready once to be shown."""

    run: Run
    viewer: Viewer
    question: Question
    rows: DataFrame | None = None
    axes: charts.Axes | None = None

    def answer(self) -> tuple[Answer, DataFrame]:
        """The answer, and its rows as a frame. Raises: SandboxError, StoreError."""
        answer = self.run.answer()
        if self.rows is None:
            self.rows = answer.to_frame()
            self.axes = charts.suggested(self.rows)
        return answer, self.rows


def prepare(viewer: Viewer) -> None:
    """Have a process wait, and the viewer's rows lie ready, while the query is still being written."""
    store = the_store()
    the_sandbox().warm()
    wanted = (viewer, store.traffic.version())
    if st.session_state.get(PREPARED) != wanted:
        st.session_state[PREPARED] = wanted
        threading.Thread(target=_prepare_rows, args=(viewer, store), daemon=True).start()


def _prepare_rows(viewer: Viewer, store: Store) -> None:
    try:
        prepare_extract(viewer, store)
    except (StoreError, OSError) as error:
        log.warning("rows for SQL could not be prepared: %s", error)


def begin(account: Account, viewer: Viewer, statement: str, values: Mapping[str, Value]) -> None:
    """Run a query instead of the one before. Raises: SandboxError."""
    previous = st.session_state.pop(CURRENT, None)
    if previous is not None:
        previous.run.cancel()
        previous.run.wait(REFRESH_S)
    question = Question(statement, utc_day(utc_now()), values)
    run = the_sandbox().start(viewer, question, account.username)
    st.session_state[CURRENT] = CurrentQuery(run, viewer, question)
    run.wait(QUICK_S)


def draw_result(viewer: Viewer, statement: str) -> None:
    """The result of the query of this browser, or that it runs; and whether it is of the statement in the editor."""
    query = _current(viewer)
    if query is None:
        st.caption("No result yet. Open an example or write a query, then press Run.")
        return
    if not query.run.done:
        st.fragment(_wait, run_every=REFRESH_S)()
        return
    if query.question.statement.strip() != statement.strip():
        st.info("This is the result of the previous query. Press Run to update it.", icon=":material/history:")
    try:
        answer, rows = query.answer()
    except QueryFailed as failed:
        _draw_failure(failed, query.question.statement)
    except QueryCancelled as cancelled:
        st.info(str(cancelled), icon=":material/stop_circle:")
    except SandboxError as error:
        st.warning(messages.literal(str(error)), icon=":material/timer_off:")
    except (StoreError, OSError) as error:
        messages.refused(error if isinstance(error, StoreError) else SandboxError("The rows could not be read."))
    else:
        _draw_answer(query, answer, rows)


def _current(viewer: Viewer) -> CurrentQuery | None:
    """The query of this browser; what was read with other rights than those of now is forgotten."""
    query: CurrentQuery | None = st.session_state.get(CURRENT)
    if query is not None and query.viewer != viewer:
        query.run.cancel()
        del st.session_state[CURRENT]
        return None
    return query


def _wait() -> None:
    """Say that a query runs, for how long, and offer to cancel it, until it has ended."""
    with messages.shown():
        session.require_account()
        query: CurrentQuery | None = st.session_state.get(CURRENT)
        if query is None or query.run.done:
            st.rerun()
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="sql_waiting"):
            st.markdown(
                f":material/hourglass_top: Running for {query.run.seconds:.0f} s, at most {limits().seconds:g} s"
            )
            if st.button("Cancel", icon=":material/stop_circle:", key="sql_cancel"):
                query.run.cancel()
                query.run.wait(REFRESH_S)
                st.rerun()


def _draw_failure(failed: QueryFailed, statement: str) -> None:
    where = f" See line {failed.line}, character {failed.column}:" if failed.line and failed.column else ""
    st.error(f"{messages.literal(str(failed))}{where}", icon=":material/error:")
    lines = statement.split("\n")
    if failed.line and failed.column and failed.line <= len(lines):
        line, column = lines[failed.line - 1], failed.column - 1
        begin = max(0, column - 60)
        st.code(f"{line[begin : begin + 120]}\n{' ' * (column - begin)}^", language=None)


def _draw_answer(query: CurrentQuery, answer: Answer, rows: DataFrame) -> None:
    size = f"{counted(len(rows), 'row')}, {counted(len(rows.columns), 'column')}"
    st.caption(f"{size}, {number_text(answer.seconds, 2)} s")
    if answer.cut:
        sentence = (TOO_LARGE if rows.empty else CUT[answer.cut]).format(
            rows=number_text(len(rows)), megabytes=limits().megabytes
        )
        st.warning(sentence, icon=":material/content_cut:")
    if list(rows.columns) == ["explain_key", "explain_value"]:
        st.code("\n".join(str(text) for text in rows["explain_value"]), language=None)
        return
    if rows.empty:
        if not answer.cut:
            st.info("No rows.", icon=":material/search_off:")
        return
    shown_as = "Table"
    if query.axes is not None:
        shown_as = st.segmented_control(
            "Shown as", ["Table", "Chart"], default="Table", required=True, key="sql_as", label_visibility="collapsed"
        )
    if query.axes is not None and shown_as == "Chart":
        _draw_chart(rows, query.axes)
    else:
        _draw_table(answer, rows)
    _draw_downloads(query, answer)


def _draw_table(answer: Answer, rows: DataFrame) -> None:
    alt = f"The result: {number_text(len(rows))} rows of {', '.join(map(str, rows.columns[:8]))}"
    height: tables.Height = "content" if len(rows) <= tables.ROWS_AT_SIGHT else tables.HEIGHT
    tables.draw(answer.rows, _columns(rows), "sql_rows", alt, height)


def _columns(rows: DataFrame) -> dict[str, Any]:
    """Numbers in the reader's own way, days and moments in UTC, texts as they are."""
    config: dict[str, Any] = {}
    for name in rows.columns:
        dtype = str(rows[name].dtype)
        if dtype.startswith("date"):
            config[name] = st.column_config.DateColumn(format=day_format())
        elif dtype.startswith("timestamp"):
            config[name] = st.column_config.DatetimeColumn(format=f"{day_format()}, HH:mm:ss", timezone="UTC")
        elif charts.kind_of(rows[name]) == charts.NUMBER and not str(name).endswith("_id"):
            config[name] = st.column_config.NumberColumn(format="localized")
    return config


def _draw_chart(rows: DataFrame, suggested: charts.Axes) -> None:
    kinds = {str(name): charts.kind_of(rows[name]) for name in rows.columns}
    numbers = [name for name, kind in kinds.items() if kind == charts.NUMBER]
    columns = "|".join(map(str, rows.columns))  # another result has its own choices
    with st.container(horizontal=True, key="sql_axes"):
        x = st.selectbox("X axis", list(kinds), list(kinds).index(suggested.x), key=f"sql_x_{columns}", width=140)
        y = st.multiselect("Y axis", numbers, list(suggested.y), key=f"sql_y_{columns}", width=200)
        groups = [NO_COLOUR, *(name for name, kind in kinds.items() if kind == charts.NAME and name != x)]
        colour = suggested.colour if suggested.colour in groups else NO_COLOUR
        group = st.selectbox(
            "Colour", groups, groups.index(colour or NO_COLOUR), key=f"sql_colour_{columns}_{x}", width=140
        )
    axes = charts.Axes(x, tuple(y) or suggested.y, None if group == NO_COLOUR else group)
    drawn = charts.drawing(rows, axes)
    draw(Chart(drawn.rows, drawn.specification, drawn.alt, (), Caption(f"{axes.title} by {axes.x}")), "sql_chart")
    if drawn.left_out:
        st.caption(f"Not in the chart: {messages.literal(drawn.left_out)}.")


def _draw_downloads(query: CurrentQuery, answer: Answer) -> None:
    def rows(viewer: Viewer, store: Store) -> Any:
        """For somebody who may still see what they were read with."""
        if viewer != query.viewer:
            raise PermissionError("What this user may see has changed.")
        return answer.rows

    with st.container(horizontal=True):
        help_text = "The rows shown, with the same limits"
        few = answer.rows.num_rows <= MOST_EXCEL_ROWS
        controls.download_rows("Download CSV", rows, "result", key="sql", help_text=help_text, excel=few)
        controls.download_button(
            "Download Parquet",
            lambda viewer, store: parquet_file(rows(viewer, store)),
            "result.parquet",
            mime="application/octet-stream",
            key="sql_parquet",
            help_text=help_text,
        )


def draw_schema() -> None:
    st.subheader("Schema", anchor=False)
    how = {"label_visibility": "collapsed", "max_chars": 60}
    search = controls.search("sql_schema_search", "Name or description", "Search the schema", **how)
    with st.container(height=560, border=False, key="sql_schema"):
        st.html(Schema(_schema_html(the_store(), search.casefold())))


@dataclass(frozen=True, slots=True)
class Schema:
    """HTML that is sent as it stands. (A text's margin is looked for in all of its lines, and this one is long.)"""

    html: str

    def _repr_html_(self) -> str:
        return self.html


@cached("traffic")
def _schema_html(store: Store, search: str) -> str:
    parts = [SCHEMA_STYLE, '<div class="sql-schema">']
    for is_view, heading in ((True, "Views"), (False, "Tables")):
        shown = [
            part for each in relations(store) if each.is_view is is_view and (part := _relation_html(each, search))
        ]
        parts += [f'<div class="sql-heading">{heading}</div>', *shown] if shown else []
    if len(parts) == 2:
        parts.append('<div class="sql-about">No matches.</div>')
    return "".join([*parts, "</div>"])


def _relation_html(relation: Relation, search: str) -> str:
    matches = search in f"{relation.name} {relation.comment}".casefold()
    named = search in relation.name.casefold()
    columns = [each for each in relation.columns if named or search in f"{each.name} {each.comment}".casefold()]
    if not matches and not columns:
        return ""
    listed = "".join(_column_html(each) for each in columns or relation.columns)
    about = f'<div class="sql-about">{escape(relation.comment)}</div>' if relation.comment else ""
    state = " open" if search else ""
    return f"<details{state}><summary>{escape(relation.name)}</summary>{about}{listed}</details>"


def _column_html(column: ReferenceColumn) -> str:
    meaning = f'<div class="sql-meaning">{escape(column.comment)}</div>' if column.comment else ""
    return f'<div class="sql-column">{escape(column.name)}<span>{escape(column.type.lower())}</span></div>{meaning}'
