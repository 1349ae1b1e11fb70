"""`collect`: a collection now, which stops cleanly and says how it went."""

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
from collector.commands.frame import (
    Command,
    CommandFailed,
    CommandRefused,
    CommandResult,
    Session,
    pass_session,
)
from collector.commands.selection import chosen_tenants, named, what_to_track
from collector.owner_run import RunReport, RunRequest
from collector.run import RunInProgress
from data.collection.health import ON_HOLD
from data.collection.ledger import Scope
from data.collection.log import results
from data.collection.models import LoggedResult, RunState
from data.collection.run_requests import save_request, take_requests
from data.repositories.models import Repository
from data.repositories.repositories import repositories
from data.text import counted

MOST_RESULTS, MOST_LINES = 1000, 100
_STOPPED_BY = (signal.SIGINT, signal.SIGTERM)


@click.command(cls=Command)
@click.option("--tenant", metavar="NAME", help="Only this tenant's repositories.")
@click.option("--repo", "names", metavar="OWNER/NAME", multiple=True, help="Only this repository; may be repeated.")
@click.option(
    "--requested", "lock", type=int, hidden=True, help="What people asked for in the app, which hands over its lock."
)
@pass_session
def collect(session: Session, tenant: str | None, names: tuple[str, ...], lock: int | None) -> CommandResult:
    """Collect now what is due, and print a summary. What GitHub refused lately is asked for again.

    Ctrl-C stops it early; what is saved stays, and the next run goes on from there.

    \b
    Example:
      python -m collector collect
      python -m collector collect --tenant acme --repo octo/hello
    """
    if lock is not None:
        with stopping_on_signals() as clock:
            return _collect_requested(session, clock, lock)
    owners = {each.tenant_id: each.name for each in chosen_tenants(session, tenant)}
    found = [r for r in repositories(session.viewer, session.store) if r.tenant_id in owners]
    chosen = _collected(session, found, names) if names else found
    if not any(each.state not in ON_HOLD for each in chosen):
        session.terminal.say(
            what_to_track(owners) if not found else "Nothing to collect: everything is paused or removed."
        )
        return CommandResult({"run_id": None, "repositories": 0})
    scope = Scope(
        None if tenant is None else tuple(owners), tuple(each.repository_id for each in chosen) if names else None
    )
    with stopping_on_signals() as clock:
        try:
            result = collect_and_report(session, RunRequest(scope, "command"), clock)
        except RunInProgress as running:
            save_request(session.store, scope)
            raise CommandFailed(f"{running} It collects this, too.") from running
        _collect_requested(session, clock)
        return result


def _collect_requested(session: Session, clock: SystemClock, lock: int | None = None) -> CommandResult:
    """Collect what people ask for, until nobody asks any more: what came when a collection was all but over, too."""
    result, _ = CommandResult(), session.settings  # refused before a wish is taken
    while not clock.stop.is_set() and (requests := take_requests(session.store)):
        first, *others = [RunRequest(scope, "app") for scope in requests]
        for each in others:
            save_request(session.store, each.scope)
        try:
            result = collect_and_report(session, first, clock, lock)
        except RunInProgress:
            save_request(session.store, first.scope)
            break
        lock = None
    return result


def _collected(session: Session, repositories: list[Repository], names: tuple[str, ...]) -> list[Repository]:
    """Those of the names, all of which are collected. Raises: CommandRefused."""
    chosen = named(session, repositories, names)
    resting = [each.full_name for each in chosen if each.state in ON_HOLD]
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


def collect_and_report(
    session: Session, request: RunRequest, clock: SystemClock, lock: int | None = None
) -> CommandResult:
    """Run a collection, then a line of what it did, each failure with its reason, and rows that could not be used.

    Raises: RunInProgress, StoreError, EncryptionError.
    """
    try:
        report = run.collect(session.store, session.settings, request, clock, session.terminal.progress(), lock=lock)
    except Stopped:
        report = RunReport(None, RunState.STOPPED, message="Stopped before anything was collected.")
    troubles: tuple[LoggedResult, ...] = ()
    for run_id in report.run_ids:
        troubles += results(session.viewer, session.store, run_id=run_id, failed_only=True, limit=MOST_RESULTS)
    for line in failure_lines(troubles):
        session.terminal.warn(line)
    session.terminal.say(summary(report))
    facts = {
        **asdict(report),
        "seconds": round(report.seconds, 3),
        "failed": failure_facts([each for each in troubles if each.outcome.failed]),
        "rows_refused": failure_facts([each for each in troubles if not each.outcome.failed]),
    }
    return CommandResult(facts, failed=report.state is not RunState.COMPLETE)


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
    counts = (
        counted(report.repositories, "repository"),
        counted(report.requests, "request"),
        f"{counted(report.rows_changed, 'row')} new or changed",
        counted(report.failures, "failure"),
        f"{report.seconds:,.1f} s",
    )
    if report.run_id is None:
        return report.message or "Nothing to collect."
    which = (
        f"Run {report.run_id} is"
        if len(report.run_ids) < 2
        else f"Runs {report.run_ids[0]} to {report.run_ids[-1]} are"
    )
    line = f"{which} {_ENDED[report.state]}: {', '.join(counts)}."
    return f"{line} {report.message}" if report.message else line


_ENDED = {
    RunState.RUNNING: "running",
    RunState.COMPLETE: "complete",
    RunState.PARTIAL: "partly failed",
    RunState.FAILED: "over, and failed",
    RunState.STOPPED: "stopped; what was saved is kept",
}
