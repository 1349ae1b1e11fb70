"""The tables of the system log: runs, and the results of one."""

import streamlit as st

from data.models import LoggedResult, LoggedRun, RunState
from pages.ui import messages

STATES = {
    RunState.COMPLETE: "Complete",
    RunState.PARTIAL: "Partly failed",
    RunState.FAILED: "Failed",
    RunState.STOPPED: "Stopped",
    RunState.RUNNING: "Running",
}
TRIGGERS = {"schedule": "Schedule", "command": "By hand", "added": "New repositories"}
GOOD = {"ok": "Good", "unchanged": "Unchanged", "skipped": "Skipped"}
ROWS_AT_SIGHT = 10
REASONS_AT_SIGHT = 5


def state_name(state: RunState) -> str:
    """A run's state in words."""
    return STATES[state]


def draw_runs(found: list[LoggedRun]) -> LoggedRun:
    """The runs in a table; the one that is chosen, at first the newest."""
    rows = [
        {
            "run": run.run_id,
            "started": run.started_at,
            "state": STATES[run.state],
            "trigger": TRIGGERS.get(run.trigger, run.trigger),
            "repositories": run.repositories,
            "requests": run.requests,
            "seconds": None if run.ended_at is None else (run.ended_at - run.started_at).total_seconds(),
        }
        for run in found
    ]
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    hidden = ["requests"] if all(run.requests is None for run in found) else []
    st.dataframe(
        rows,
        column_config={
            "run": number("Run", format="%d", width=60, pinned=True),
            "started": st.column_config.DatetimeColumn("Started", format="localized", help="In your own time zone"),
            "state": text("State", width=110),
            "trigger": text("Started by"),
            "repositories": number("Repositories", format="localized"),
            "requests": number("Requests", format="localized", help="Questions asked of GitHub"),
            "seconds": number("Seconds", format="%.0f"),
        },
        column_order=[column for column in rows[0] if column not in hidden],
        hide_index=True,
        key="log_runs",
        height=min(len(rows), ROWS_AT_SIGHT) * 35 + 38,
        alt=f"The newest {len(rows)} collection runs",
    )
    by_id = {run.run_id: run for run in found}
    run_id = st.selectbox(
        "Show run",
        list(by_id),
        format_func=lambda key: f"{key} · {STATES[by_id[key].state]}",
        key="log_chosen",
        width=260,
    )
    return by_id[run_id]


def draw_reasons(found: list[LoggedResult]) -> None:
    """What failed in a run, a line for each repository and reason: readable on a phone too."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for each in found:
        if each.outcome not in GOOD:
            reason = each.message or each.outcome.replace("_", " ")
            grouped.setdefault((each.full_name, reason), []).append(each.endpoint.replace("_", " "))
    for (name, reason), endpoints in list(grouped.items())[:REASONS_AT_SIGHT]:
        where = f"**{messages.literal(name)}** · {messages.literal(', '.join(sorted(endpoints)))}"
        st.error(f"{where}  \n{messages.literal(reason)}", icon=":material/error:")
    if len(grouped) > REASONS_AT_SIGHT:
        st.caption(f"And {len(grouped) - REASONS_AT_SIGHT:,} more: see the table.")


def draw_results(found: list[LoggedResult]) -> None:
    """What came of each question of a run, with GitHub's reason where it failed."""
    several = len({each.tenant for each in found}) > 1
    rows = [
        {
            "repository": each.full_name,
            "tenant": each.tenant,
            "endpoint": each.endpoint.replace("_", " "),
            "outcome": GOOD.get(each.outcome, each.outcome.replace("_", " ")),
            "reason": each.message or "",
            "status": each.status,
            "changed": each.rows_changed,
            "at": each.finished_at,
            "elapsed": each.elapsed_ms,
        }
        for each in sorted(found, key=lambda each: each.outcome in GOOD)  # what failed comes first
    ]
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        rows,
        column_config={
            "repository": text("Repository", pinned=True),
            "tenant": text("Tenant"),
            "endpoint": text("Asked for", width=110),
            "outcome": text("Outcome", width=110),
            "reason": text("Reason", width="large"),
            "status": number("HTTP", format="%d", width=60),
            "changed": number("Rows changed", format="localized", width=100),
            "at": st.column_config.DatetimeColumn("At", format="localized"),
            "elapsed": number("Milliseconds", format="localized", width=100),
        },
        column_order=[column for column in rows[0] if several or column != "tenant"],
        hide_index=True,
        key="log_results",
        height=min(len(rows), ROWS_AT_SIGHT) * 35 + 38,
        alt=f"{len(rows)} results of the run",
    )
