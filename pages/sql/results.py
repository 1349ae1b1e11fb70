"""What came of a query: a table, a chart, files; or in plain words why there is nothing."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from pandas import DataFrame

from data.accounts.models import Viewer
from data.sandbox.query_results import csv_of, parquet_of
from data.sandbox.sandbox import Answer
from data.sandbox.sandbox_failures import QueryCancelled, QueryFailed, SandboxError
from data.store import Store, StoreError
from pages.sql import running
from pages.ui import messages, readers, tables
from pages.ui.charts import query as charts
from pages.ui.day_format import readers_day_format

NOTHING = "(none)"
CUT = {
    "rows": "Only the first {rows:,} rows are here: that is the most a query may bring. Add a limit or a condition.",
    "bytes": "Only the first {rows:,} rows are here: more would be larger than {megabytes} MB. Name fewer columns.",
}


def draw(viewer: Viewer, statement: str) -> None:
    """The result of the query of this browser, or that it runs; and whether it is of the statement in the editor."""
    held = running.held(viewer)
    if held is None:
        st.caption("Nothing has run yet. Open an example, or write a query, and press Run.")
        return
    if not held.run.done:
        running.draw_waiting()
        return
    if held.question.statement.strip() != statement.strip():
        st.info("This is the result of the query before. Press Run for the one above.", icon=":material/history:")
    try:
        shown = held.answered()
    except QueryFailed as failed:
        _draw_failure(failed, held.question.statement)
    except QueryCancelled as cancelled:
        st.info(str(cancelled), icon=":material/stop_circle:")
    except SandboxError as error:
        st.warning(messages.literal(str(error)), icon=":material/timer_off:")
    except (StoreError, OSError) as error:
        messages.refused(error if isinstance(error, StoreError) else SandboxError("The rows could not be read."))
    else:
        _draw_answer(held, shown)


def _draw_failure(failed: QueryFailed, statement: str) -> None:
    told = failed.failure
    where = f" See line {told.line}, character {told.column}:" if told.line and told.column else ""
    st.error(f"{messages.literal(told.sentence)}{where}", icon=":material/error:")
    lines = statement.split("\n")
    if told.line and told.column and told.line <= len(lines):
        line, column = lines[told.line - 1], told.column - 1
        begin = max(0, column - 60)
        st.code(f"{line[begin : begin + 120]}\n{' ' * (column - begin)}^", language=None)


def _draw_answer(held: running.Held, shown: running.Shown) -> None:
    answer, rows, suggested = shown.answer, shown.rows, shown.axes
    limits = running.limits()
    size = f"{len(rows):,} row{'s' * (len(rows) != 1)}, {len(rows.columns):,} column{'s' * (len(rows.columns) != 1)}"
    st.caption(f"{size}, {answer.seconds:.2f} s")
    if answer.cut:
        words = CUT[answer.cut].format(rows=len(rows), megabytes=limits.megabytes)
        st.warning(words, icon=":material/content_cut:")
    if list(rows.columns) == ["explain_key", "explain_value"]:
        st.code("\n".join(str(text) for text in rows["explain_value"]), language=None)
        return
    if rows.empty:
        st.info("The query is right, and nothing matches it.", icon=":material/search_off:")
        return
    as_chart = False
    if suggested is not None:
        word = st.segmented_control(
            "Shown as", ["Table", "Chart"], default="Table", required=True, key="sql_as", label_visibility="collapsed"
        )
        as_chart = word == "Chart"
    if as_chart and suggested is not None:
        _draw_chart(rows, suggested)
    else:
        _draw_table(answer, rows)
    _draw_downloads(held, answer)


def _draw_table(answer: Answer, rows: DataFrame) -> None:
    st.dataframe(
        answer.rows,
        column_config=_columns(rows),
        hide_index=True,
        placeholder=tables.UNKNOWN,
        key="sql_rows",
        height="content" if len(rows) <= tables.ROWS_AT_SIGHT else tables.HEIGHT,
        alt=f"The result: {len(rows):,} rows of {', '.join(map(str, rows.columns[:8]))}",
    )


def _columns(rows: DataFrame) -> dict[str, Any]:
    """Numbers in the reader's own way, days and moments in UTC, texts as they are."""
    found: dict[str, Any] = {}
    for name in rows.columns:
        told = str(rows[name].dtype)
        if told.startswith("date"):
            found[name] = st.column_config.DateColumn(format=readers_day_format())
        elif told.startswith("timestamp"):
            found[name] = st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm:ss", timezone="UTC")
        elif charts.kind_of(rows[name]) == charts.NUMBER and not str(name).endswith("_id"):
            found[name] = st.column_config.NumberColumn(format="localized")
    return found


def _draw_chart(rows: DataFrame, suggested: charts.Axes) -> None:
    kinds = {str(name): charts.kind_of(rows[name]) for name in rows.columns}
    numbers = [name for name, kind in kinds.items() if kind == charts.NUMBER]
    mark = "|".join(map(str, rows.columns))  # another result has its own choices
    with st.container(horizontal=True, key="sql_axes"):
        x = st.selectbox("Along", list(kinds), list(kinds).index(suggested.x), key=f"sql_x_{mark}", width=140)
        y = st.multiselect("Values", numbers, list(suggested.y), key=f"sql_y_{mark}", width=200)
        groups = [NOTHING, *(name for name, kind in kinds.items() if kind == charts.NAME and name != x)]
        colour = suggested.colour if suggested.colour in groups else NOTHING
        group = st.selectbox("Colour", groups, groups.index(colour or NOTHING), key=f"sql_c_{mark}_{x}", width=140)
    drawn = charts.drawing(rows, charts.Axes(x, tuple(y) or suggested.y, None if group == NOTHING else group))
    st.vega_lite_chart(drawn.rows, drawn.specification, alt=drawn.alt, key="sql_chart")
    if drawn.left_out:
        st.caption(f"Left out of the chart: {messages.literal(drawn.left_out)}.")


def _draw_downloads(held: running.Held, answer: Answer) -> None:
    kinds = (("CSV", csv_of, "text/csv"), ("Parquet", parquet_of, "application/octet-stream"))
    with st.container(horizontal=True):
        for name, written, mime in kinds:
            st.download_button(
                f"Download {name}",
                readers.download(partial(_content, held, partial(written, answer.rows))),
                f"result.{name.lower()}",
                mime,
                icon=":material/download:",
                key=f"sql_{name.lower()}",
                help="The rows that are shown, with the same limits",
                on_click="ignore",
            )


def _content(held: running.Held, written: Callable[[], bytes], viewer: Viewer, store: Store) -> bytes:
    """The file, for somebody who may still see what its rows were read with."""
    if viewer != held.viewer:
        raise PermissionError("What this user may see has changed.")
    return written()
