"""`collect`: one collection now; and what every command that collects does: stop cleanly, tell what came of it."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType
from typing import Any

import click

from collector import run
from collector.clock import Stopped, SystemClock
from collector.commands.frame import Command, CommandFailed, CommandRefused, CommandResult, Session, pass_session
from collector.commands.selection import chosen_tenants, named, what_to_track
from collector.commands.terminal import counted
from collector.run import RunInProgress, RunReport, RunRequest
from data.collection.ledger import Scope
from data.collection.log import Wanted, results
from data.collection.models import LoggedResult, RunState
from data.repositories.models import Repository, RepositoryState
from data.repositories.repositories import repositories

MOST_RESULTS, MOST_LINES = 1000, 100
_STOPPED_BY = (signal.SIGINT, signal.SIGTERM)
RESTING = {RepositoryState.PAUSED, RepositoryState.REMOVED}


@click.command(cls=Command)
@click.option("--tenant", metavar="NAME", help="Only this tenant's repositories.")
@click.option("--repo", "names", metavar="OWNER/NAME", multiple=True, help="Only this repository; may be repeated.")
@pass_session
def collect(session: Session, tenant: str | None, names: tuple[str, ...]) -> CommandResult:
    """Collect now what is due, and say what came of it.

    Ctrl-C ends it early; what is committed stays, and the next run goes on from there.

    \b
    Example:
      python -m collector collect
      python -m collector collect --tenant acme --repo octo/hello
    """
    owners = {each.tenant_id: each.name for each in chosen_tenants(session, tenant)}
    found = [r for r in repositories(session.viewer, session.store) if r.tenant_id in owners]
    chosen = _collected(session, found, names) if names else found
    if not any(each.state not in RESTING for each in chosen):
        session.terminal.say(what_to_track(owners) if not found else "All of it is paused or removed: nothing to do.")
        return CommandResult({"run_id": None, "repositories": 0})
    scope = Scope(
        None if tenant is None else tuple(owners), tuple(each.repository_id for each in chosen) if names else None
    )
    with stopping_on_signals() as clock:
        try:
            return collect_and_tell(session, RunRequest(scope, "command"), clock)
        except RunInProgress as running:
            raise CommandFailed(str(running)) from running


def _collected(session: Session, found: list[Repository], names: tuple[str, ...]) -> list[Repository]:
    """Those of the names, all of which are collected. Raises: CommandRefused."""
    chosen = named(session, found, names)
    resting = [each.full_name for each in chosen if each.state in RESTING]
    if resting:
        raise CommandRefused(
            f"{', '.join(resting)}: paused or removed. First: python -m collector repo resume TENANT NAME"
        )
    return chosen


@contextmanager
def stopping_on_signals() -> Iterator[SystemClock]:
    """A clock that SIGINT and SIGTERM stop; a second signal has the effect it always has."""
    clock = SystemClock()
    if threading.current_thread() is not threading.main_thread():
        yield clock
        return
    former = {int(number): signal.getsignal(number) for number in _STOPPED_BY}

    def _stop(number: int, _: FrameType | None) -> None:
        clock.stop.set()
        signal.signal(number, former[number])

    for number in _STOPPED_BY:
        signal.signal(number, _stop)
    try:
        yield clock
    finally:
        for number in _STOPPED_BY:
            signal.signal(number, former[number])


def collect_and_tell(session: Session, request: RunRequest, clock: SystemClock) -> CommandResult:
    """Run a collection, then a line of what it did, and each failure with its reason.

    Raises: RunInProgress, StoreError, EncryptionError.
    """
    try:
        report = run.collect(session.store, session.settings, request, clock, session.terminal.progress())
    except Stopped:
        report = RunReport(None, RunState.STOPPED, message="Stopped before anything was collected.")
    failures = _failures(session, report)
    for line in failure_lines(failures):
        session.terminal.warn(line)
    session.terminal.say(summary(report))
    facts = {**asdict(report), "seconds": round(report.seconds, 3), "failed": failure_facts(failures)}
    return CommandResult(facts, failed=report.state is not RunState.COMPLETE)


def _failures(session: Session, report: RunReport) -> list[LoggedResult]:
    if report.run_id is None or not report.failures:
        return []
    wanted = Wanted(run_id=report.run_id, failed_only=True, limit=MOST_RESULTS)
    return results(session.viewer, session.store, wanted)


def failure_lines(failures: Sequence[LoggedResult], *, with_run: bool = False) -> list[str]:
    """A line for each repository and reason, with the endpoints that failed for it; a hundred lines at most."""
    grouped: dict[tuple[int, str, str, str], list[str]] = {}
    for each in failures:
        reason = each.message or each.outcome
        grouped.setdefault((each.run_id, each.full_name, each.tenant, reason), []).append(each.endpoint)
    lines = [
        f"{f'Run {run_id}: ' if with_run else ''}{name} ({tenant}), {', '.join(sorted(endpoints))}: {reason}"
        for (run_id, name, tenant, reason), endpoints in grouped.items()
    ]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"... and {len(lines) - MOST_LINES:,} more."]
    return lines


def failure_facts(failures: Sequence[LoggedResult]) -> list[dict[str, Any]]:
    """Failures for the JSON line."""
    return [
        {
            "run_id": each.run_id,
            "tenant": each.tenant,
            "repository": each.full_name,
            "endpoint": each.endpoint,
            "outcome": each.outcome,
            "status": each.status,
            "reason": each.message,
            "at": each.finished_at,
        }
        for each in failures
    ]


def summary(report: RunReport) -> str:
    """A run in one line."""
    counts = (
        counted(report.repositories, "repository"),
        counted(report.requests, "request"),
        f"{counted(report.rows_changed, 'row')} new or changed",
        counted(report.failures, "failure"),
        f"{report.seconds:,.1f} s",
    )
    if report.run_id is None:
        return report.message or "There is nothing to collect."
    line = f"Run {report.run_id} {_ENDED[report.state]}: {', '.join(counts)}."
    return f"{line} {report.message}" if report.message else line


_ENDED = {
    RunState.RUNNING: "is running",
    RunState.COMPLETE: "is complete",
    RunState.PARTIAL: "is done in part",
    RunState.FAILED: "failed",
    RunState.STOPPED: "was stopped; what it had committed is kept",
}
