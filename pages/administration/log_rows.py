"""The rows of the system log, arranged once a version of the store for each viewer and choice; asked at every run."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pandas import DataFrame

from data.accounts.models import Viewer
from data.collection.log import Wanted, results, runs
from data.collection.models import LoggedResult, LoggedRun, RunState
from data.store.arrow import arrow_table
from pages.ui import messages, readers
from pages.ui.store import the_store

STATES = {
    RunState.COMPLETE: "Complete",
    RunState.PARTIAL: "Partly failed",
    RunState.FAILED: "Failed",
    RunState.STOPPED: "Stopped",
    RunState.RUNNING: "Running",
}
TRIGGERS = {"schedule": "Schedule", "command": "By hand", "added": "New repositories"}
GOOD = {"ok": "Good", "unchanged": "Unchanged", "skipped": "Skipped"}
RUNS_SHOWN = 200
REASONS_AT_SIGHT = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """Which runs are wanted: in one of these states (none: in any), with results that `reader` may read and that are
    of this repository or failed, where one of both is asked for.
    """

    reader: Viewer
    states: frozenset[RunState]
    repository_id: int | None
    failed_only: bool
    every_run: bool


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs that fit, the newest first, by number; as an Arrow table; its columns; whether there are any at all."""

    by_id: Mapping[int, LoggedRun]
    table: Any
    columns: list[str]
    any_run: bool


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a run as an Arrow table with the columns to show; what failed in sentences (Markdown), the first
    few of so many.
    """

    table: Any
    count: int
    columns: list[str]
    reasons: tuple[str, ...]
    failures: int


def fitting_runs(viewer: Viewer, choice: Choice) -> Runs:
    """The runs that a viewer may know of, as far as they are wanted."""
    return _runs(viewer, readers.place(), choice)


def run_results(viewer: Viewer, wanted: Wanted) -> Results:
    """What came of the questions of a run."""
    return _results(viewer, readers.place(), wanted)


@lru_cache(maxsize=64)
def _runs(viewer: Viewer, place: readers.Place, choice: Choice) -> Runs:
    every = runs(viewer, the_store(), RUNS_SHOWN)
    found = [run for run in every if not choice.states or run.state in choice.states]
    if not choice.every_run:
        wanted = Wanted(repository_id=choice.repository_id, failed_only=choice.failed_only)
        told = {each.run_id for each in results(choice.reader, the_store(), wanted)}
        found = [run for run in found if run.run_id in told]
    hidden = ["requests"] if all(run.requests is None for run in found) else []
    rows = DataFrame([_run_row(run) for run in found])
    shown = [column for column in rows if column not in hidden]
    return Runs({run.run_id: run for run in found}, arrow_table(rows), shown, bool(every))


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


@lru_cache(maxsize=64)
def _results(viewer: Viewer, place: readers.Place, wanted: Wanted) -> Results:
    found = results(viewer, the_store(), wanted)
    rows = DataFrame([_result_row(each) for each in sorted(found, key=lambda each: each.outcome in GOOD)])
    several = len({each.tenant for each in found}) > 1
    shown = [column for column in rows if several or column != "tenant"]
    reasons = _reasons(found)
    return Results(arrow_table(rows), len(found), shown, reasons[:REASONS_AT_SIGHT], len(reasons))


def _result_row(each: LoggedResult) -> dict[str, Any]:
    return {
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


def _reasons(found: list[LoggedResult]) -> tuple[str, ...]:
    """What failed, a sentence for each repository and reason: readable on a phone too."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for each in found:
        if each.outcome not in GOOD:
            reason = each.message or each.outcome.replace("_", " ")
            grouped.setdefault((each.full_name, reason), []).append(each.endpoint.replace("_", " "))
    literal = messages.literal
    return tuple(
        f"**{literal(name)}** · {literal(', '.join(sorted(endpoints)))}  \n{literal(reason)}"
        for (name, reason), endpoints in grouped.items()
    )
