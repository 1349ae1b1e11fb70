"""The queries that run for this browser, and the sandbox of this server in which they run."""

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

import streamlit as st
from pandas import DataFrame

from data.accounts.models import Account, Viewer
from data.calendar import utc_day, utc_now
from data.sandbox.excerpts import prepare_excerpt
from data.sandbox.query_results import frame
from data.sandbox.sandbox import Answer, Question, Run, Sandbox, Value
from data.sandbox.sandbox_process import Limits
from data.store import Store, StoreError
from pages.ui import messages, readers, session
from pages.ui.charts import query as charts
from pages.ui.store import the_store

log = logging.getLogger(__name__)

STATE = "sql_held"
QUICK_S = 0.7  # an answer that comes so soon is shown without a word of waiting
REFRESH_S = 0.5
SETTINGS = {  # the environment variables of the operator
    "seconds": "TRAFFIC_SQL_SECONDS",
    "rows": "TRAFFIC_SQL_ROWS",
    "memory_mb": "TRAFFIC_SQL_MEMORY_MB",
    "at_once": "TRAFFIC_SQL_AT_ONCE",
}


@dataclass(slots=True)
class Held:
    """A query of this browser, for the viewer who asked: running, or with its answer, made ready once to be shown."""

    run: Run
    viewer: Viewer
    question: Question
    shown: "Shown | None" = None

    def answered(self) -> "Shown":
        """The answer, ready to be shown. Raises: SandboxError, StoreError."""
        answer = self.run.answer()
        if self.shown is None:
            rows = frame(answer.rows)
            self.shown = Shown(answer, rows, charts.suggested(rows))
        return self.shown


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer with its rows as a frame, and the chart that suits it."""

    answer: Answer
    rows: DataFrame
    axes: charts.Axes | None


def limits() -> Limits:
    """What a query may have on this server."""
    told = {name: os.environ.get(variable, "") for name, variable in SETTINGS.items()}
    return Limits(**{name: int(text) for name, text in told.items() if text.isdecimal()})


def is_on() -> bool:
    """Whether the operator lets anybody run queries."""
    return limits().at_once > 0


def make_ready(viewer: Viewer) -> None:
    """Have a process wait, and the viewer's rows lie ready, while the query is still being written."""
    _sandbox(str(the_store().directory), limits()).warm()
    _prepared(viewer, readers.place())


def begin(account: Account, viewer: Viewer, statement: str, values: Mapping[str, Value]) -> None:
    """Run a query instead of the one before. Raises: SandboxError."""
    former = st.session_state.pop(STATE, None)
    if former is not None:
        former.run.cancel()
        former.run.wait(REFRESH_S)
    question = Question(statement, utc_day(utc_now()), values)
    run = _sandbox(str(the_store().directory), limits()).start(viewer, question, account.username)
    st.session_state[STATE] = Held(run, viewer, question)
    run.wait(QUICK_S)


def held(viewer: Viewer) -> Held | None:
    """The query of this browser; what was read with other rights than those of now is forgotten."""
    found: Held | None = st.session_state.get(STATE)
    if found is not None and found.viewer != viewer:
        found.run.cancel()
        del st.session_state[STATE]
        return None
    return found


def draw_waiting() -> None:
    """Say that a query runs, for how long, and offer to cancel it, until it has ended."""
    st.fragment(_wait, run_every=REFRESH_S)()


def _wait() -> None:
    with messages.shown():
        session.require_account()
        found: Held | None = st.session_state.get(STATE)
        if found is None or found.run.done:
            st.rerun()
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="sql_waiting"):
            st.markdown(
                f":material/hourglass_top: Running for {found.run.seconds:.0f} s, at most {limits().seconds:g} s"
            )
            if st.button("Cancel", icon=":material/stop_circle:", key="sql_cancel"):
                found.run.cancel()
                found.run.wait(REFRESH_S)
                st.rerun()


@cache
def _sandbox(directory: str, limits: Limits) -> Sandbox:
    return Sandbox(the_store(), limits)


@lru_cache(maxsize=256)
def _prepared(viewer: Viewer, place: readers.Place) -> None:
    """Done once for each viewer and version; in the background, since it may take a moment."""
    threading.Thread(target=_prepare, args=(viewer, the_store()), daemon=True).start()


def _prepare(viewer: Viewer, store: Store) -> None:
    try:
        prepare_excerpt(viewer, store)
    except (StoreError, OSError) as error:
        log.warning("rows for SQL could not be laid ready: %s", error)
