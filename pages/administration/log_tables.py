"""The tables of the system log: runs, and the results of one."""

import streamlit as st

from data.collection.models import LoggedRun, RunState
from pages.administration.columns import RESULTS, RUNS
from pages.administration.log_rows import STATES, Results, Runs

ROWS_AT_SIGHT = 10


def state_name(state: RunState) -> str:
    """A run's state in words."""
    return STATES[state]


def draw_runs(found: Runs) -> LoggedRun:
    """The runs in a table; the one that is chosen, at first the newest."""
    st.dataframe(
        found.table,
        column_config=RUNS,
        column_order=found.columns,
        hide_index=True,
        key="log_runs",
        height=min(len(found.by_id), ROWS_AT_SIGHT) * 35 + 38,
        alt=f"The newest {len(found.by_id)} collection runs",
    )
    run_id = st.selectbox(
        "Show run",
        list(found.by_id),
        format_func=lambda key: f"{key} · {STATES[found.by_id[key].state]}",
        key="log_chosen",
        width=260,
    )
    return found.by_id[run_id]


def draw_reasons(found: Results) -> None:
    """What failed in a run."""
    for reason in found.reasons:
        st.error(reason, icon=":material/error:")
    if found.failures > len(found.reasons):
        st.caption(f"And {found.failures - len(found.reasons):,} more: see the table.")


def draw_results(found: Results) -> None:
    """What came of each question of a run, with GitHub's reason where it failed."""
    st.dataframe(
        found.table,
        column_config=RESULTS,
        column_order=found.columns,
        hide_index=True,
        key="log_results",
        height=min(found.count, ROWS_AT_SIGHT) * 35 + 38,
        lazy=False,
        alt=f"{found.count} results of the run",
    )
