"""The tables of the system log: runs, and the results of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit import column_config as config

from collector.delivery.channels import NAMES
from data.accounts.models import Viewer
from data.collection.log import results
from data.collection.models import LoggedResult, LoggedRun, Outcome, RunState
from data.reports.deliveries import LoggedAttempt
from data.store import Store
from data.store.arrow import arrow_rows
from data.store.cache import cached
from data.text import number_text
from pages.ui import messages, tables
from pages.ui.time_format import moment_column

STATES = {
    RunState.COMPLETE: "Complete",
    RunState.PARTIAL: "Partly failed",
    RunState.FAILED: "Failed",
    RunState.STOPPED: "Stopped",
    RunState.RUNNING: "Running",
}
TRIGGERS = {"schedule": "Schedule", "command": "Manual", "added": "New repositories"}
OUTCOMES = {Outcome.OK: "OK", Outcome.UNCHANGED: "No change", Outcome.SKIPPED: "Skipped"}
OUTCOMES |= {Outcome.NOT_GRANTED: "Not granted"}
REASONS_AT_SIGHT = 5
ROWS_AT_SIGHT = 10
RUNS: Mapping[str, Any] = {
    "run": config.NumberColumn("Run", format="%d", width=60, pinned=True),
    "state": config.TextColumn("State", width=110),
    "trigger": config.TextColumn("Started by"),
    "repositories": config.NumberColumn("Repositories", format="localized"),
    "requests": config.NumberColumn("Requests", format="localized", help="Requests to GitHub"),
    "seconds": config.NumberColumn("Duration (s)", format="%.0f"),
}
RESULTS: Mapping[str, Any] = {
    "repository": config.TextColumn("Repository", pinned=True),
    "tenant": config.TextColumn("Tenant"),
    "endpoint": config.TextColumn("Endpoint", width=110),
    "outcome": config.TextColumn("Outcome", width=110),
    "reason": config.TextColumn("Reason", width="large"),
    "status": config.NumberColumn("HTTP", format="%d", width=60),
    "changed": config.NumberColumn("Rows changed", format="localized", width=100),
    "elapsed": config.NumberColumn("Duration (ms)", format="localized", width=100),
}
ATTEMPTS: Mapping[str, Any] = {
    "subscription": config.TextColumn("Subscription", pinned=True),
    "occasion": config.TextColumn("Period", width=110),
    "channel": config.TextColumn("Channel", width=110),
    "outcome": config.TextColumn("Outcome", width=110),
    "reason": config.TextColumn("Reason", width="large"),
    "status": config.NumberColumn("Status", format="%d", width=70),
}
SENT = {"sent": "Sent", "again": "To be tried again", "failed": "Failed", "skipped": "Nothing to send"}


def draw_attempts(attempts: Sequence[LoggedAttempt]) -> None:
    """The newest attempts to send reports and alerts, in a table."""
    rows = arrow_rows(
        [
            {
                "at": each.happened_at,
                "subscription": each.subscription or f"Your own #{each.subscription_id}",
                "occasion": each.occasion,
                "channel": NAMES.get(each.channel, each.channel),
                "outcome": SENT[each.outcome],
                "reason": each.reason or "",
                "status": each.status,
            }
            for each in attempts
        ]
    )
    columns = {"at": moment_column("At"), **ATTEMPTS}
    alt = f"The newest {len(attempts)} attempts to send reports and alerts"
    tables.draw_entries(rows, columns, "log_attempts", alt, ROWS_AT_SIGHT, column_order=list(columns))


def draw_runs(store: Store, runs: Sequence[LoggedRun]) -> LoggedRun:
    """The runs in a table; the one that is chosen, at first the newest."""
    rows = _run_rows(store, tuple(runs))
    hidden = {"requests"} if all(run.requests is None for run in runs) else set()
    order = [column for column in rows.column_names if column not in hidden]
    columns, alt = {**RUNS, "started": moment_column("Started")}, f"The newest {len(runs)} collection runs"
    tables.draw_entries(rows, columns, "log_runs", alt, ROWS_AT_SIGHT, column_order=order)
    by_id = {run.run_id: run for run in runs}
    run_id = st.selectbox(
        "Show run",
        list(by_id),
        format_func=lambda key: f"{key} · {STATES[by_id[key].state]}",
        key="log_chosen",
        width=260,
    )
    return by_id[run_id]


@cached("traffic")
def _run_rows(store: Store, runs: tuple[LoggedRun, ...]) -> Any:
    return arrow_rows([_run_row(run) for run in runs])


@dataclass(frozen=True, slots=True)
class ShownResults:
    """Results as they are shown: why some failed, in Markdown, and a table (Arrow) of all, what failed first."""

    reasons: tuple[str, ...]
    rows: Any
    of_one_tenant: bool


@cached("traffic")
def shown_results(
    viewer: Viewer, store: Store, run_id: int, repository_id: int | None, *, failed_only: bool
) -> ShownResults | None:
    """The results of a run; None where there are none."""
    found = results(viewer, store, run_id=run_id, repository_id=repository_id, failed_only=failed_only)
    ordered = sorted(found, key=lambda each: not each.has_trouble)
    rows, tenants = arrow_rows([_result_row(each) for each in ordered]), {each.tenant for each in found}
    return ShownResults(failure_texts(found), rows, len(tenants) == 1) if found else None


def draw_results(shown: ShownResults) -> None:
    reasons = shown.reasons
    for reason in reasons[:REASONS_AT_SIGHT]:
        st.error(reason, icon=":material/error:")
    if len(reasons) > REASONS_AT_SIGHT:
        st.caption(f"And {number_text(len(reasons) - REASONS_AT_SIGHT)} more: see the table.")
    columns = {**RESULTS, "at": moment_column("Finished")}
    hidden = {"tenant"} if shown.of_one_tenant else set()
    order, alt = [column for column in columns if column not in hidden], f"{shown.rows.num_rows} results of the run"
    tables.draw_entries(shown.rows, columns, "log_results", alt, ROWS_AT_SIGHT, column_order=order, lazy=False)


def failure_texts(results: Sequence[LoggedResult]) -> tuple[str, ...]:
    """What failed or could not be used, a sentence in Markdown for each repository and reason."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for each in results:
        if each.has_trouble:
            reason = each.message or each.outcome.replace("_", " ")
            grouped.setdefault((each.full_name, reason), []).append(each.endpoint.replace("_", " "))
    literal = messages.literal
    return tuple(
        f"**{literal(name)}** · {literal(', '.join(sorted(endpoints)))}  \n{literal(reason)}"
        for (name, reason), endpoints in grouped.items()
    )


def _run_row(run: LoggedRun) -> dict[str, Any]:
    return {
        "run": run.run_id,
        "started": run.started_at,
        "state": STATES[run.state],
        "trigger": TRIGGERS.get(run.trigger, run.trigger),
        "repositories": run.repositories,
        "requests": run.requests,
        "seconds": None if run.ended_at is None else (run.ended_at - run.started_at).total_seconds(),
    }


def _result_row(each: LoggedResult) -> dict[str, Any]:
    return {
        "repository": each.full_name,
        "tenant": each.tenant,
        "endpoint": each.endpoint.replace("_", " "),
        "outcome": OUTCOMES.get(each.outcome, each.outcome.replace("_", " ")),
        "reason": each.message or "",
        "status": each.status,
        "changed": each.rows_changed,
        "at": each.finished_at,
        "elapsed": each.elapsed_ms,
    }
