"""`status` and `log`: how the collection stands, and what happened in its runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from collector.commands.collecting import MOST_RESULTS, failure_facts, failure_lines
from collector.commands.frame import Command, Outcome, Refused, Session, pass_session
from collector.commands.moments import iso, moment
from collector.commands.repo import chosen_tenants, what_to_follow
from collector.commands.standing import (
    COLUMNS,
    NEAR_DAYS,
    health_facts,
    health_row,
    loss_problems,
    near_loss,
    stale_problems,
    token_problems,
)
from collector.terminal import counted
from data.accounts.tokens import tokens
from data.calendar import utc_now
from data.collection.log import Wanted, results, runs
from data.collection.models import LoggedRun, RunState
from data.repositories.health import health, stale_endpoints
from data.repositories.models import RepositoryHealth

ROWS_SHOWN = 50
ALL_RUNS = 1_000_000


@click.command(cls=Command)
@click.option("--tenant", metavar="NAME", help="Only this tenant's repositories.")
@click.option("--all", "show_all", is_flag=True, help=f"Show all repositories, not the {ROWS_SHOWN} most urgent.")
@pass_session
def status(session: Session, tenant: str | None, show_all: bool) -> Outcome:
    """Show what is pending, what is lost, how many days are left, and how the tokens are.

    For monitoring: the exit code is 1 where GitHub forgets something within 7 days that is not stored yet, where
    referrers or paths have failed for 2 days, and where a tenant's token is refused, expired or missing. A loss is
    no alarm while all went as scheduled and the next collection comes at least 3 days before it. Stars and releases
    that have failed for 7 days are a warning.

    DAYS LEFT: for so many days GitHub still surely shows the first day that is not stored. PENDING: days that may
    still change or come. GAPS: days that nobody collected and GitHub has forgotten.

    \b
    Example:
      python -m collector status
      python -m collector status --json | tail -n 1
    """
    owners, now = chosen_tenants(session, tenant), utc_now()
    viewer = session.viewer
    names = {each.tenant_id: each.name for each in owners}
    found = [each for each in health(viewer, session.store, now) if each.repository.tenant_id in names]
    token_of = {each.tenant_id: each for each in tokens(viewer, session.store)}
    about_tokens = token_problems(owners, token_of, found, now)
    near = near_loss(found, {each.tenant_id: each.schedule for each in owners}, now)
    tenants_shown = {each.name for each in owners}
    about_answers = stale_problems(
        [e for e in stale_endpoints(viewer, session.store, now) if e.tenant in tenants_shown]
    )
    problems = [*about_tokens.problems, *loss_problems(near), *about_answers.problems]
    warnings = [*about_tokens.warnings, *about_answers.warnings]
    _show(session, found, len(near), show_all=show_all)
    if not found:
        session.terminal.say(what_to_follow(names))
    last = next(iter(runs(viewer, session.store, 1)), None)
    if last is not None:
        session.terminal.say(f"Last run: {_run_line(last)}")
    for sentence in [*problems, *warnings]:  # results, not mishaps: a monitor reads stdout
        session.terminal.say(sentence)
    facts = {
        "repositories": [health_facts(each) for each in found],
        "last_run": None if last is None else _run_facts(last),
        "problems": problems,
        "warnings": warnings,
    }
    return Outcome(facts, failed=bool(problems))


def _show(session: Session, found: Sequence[RepositoryHealth], near: int, *, show_all: bool) -> None:
    """The most urgent first, as they come."""
    if not found:
        return
    shown = found if show_all else found[:ROWS_SHOWN]
    session.terminal.table(COLUMNS, (health_row(each) for each in shown))
    if len(shown) < len(found):
        session.terminal.say(f"... and {len(found) - len(shown):,} less urgent. To see all: --all")
    pending, gaps = sum(each.pending_days for each in found), sum(each.gap_days for each in found)
    session.terminal.say(
        f"{counted(len(found), 'repository')}, {counted(pending, 'day')} pending, {counted(gaps, 'day')} lost, "
        f"{near:,} at risk within {NEAR_DAYS} days."
    )


@click.command(cls=Command)
@click.option("--failed", is_flag=True, help="Only runs in which something failed.")
@click.option("--run", "run_id", type=click.IntRange(min=1), metavar="N", help="Only this run.")
@click.option(
    "--limit",
    type=click.IntRange(1, ALL_RUNS),
    default=10,
    show_default=True,
    metavar="N",
    help="So many runs at most.",
)
@pass_session
def log(session: Session, failed: bool, run_id: int | None, limit: int) -> Outcome:
    """Show the newest runs, then what failed in them and why.

    \b
    Example:
      python -m collector log
      python -m collector log --failed --limit 3
      python -m collector log --run 42
    """
    viewer, store = session.viewer, session.store
    narrow = failed or run_id is not None
    found = [
        each
        for each in runs(viewer, store, ALL_RUNS if narrow else limit)
        if run_id in {None, each.run_id} and not (failed and each.state is RunState.COMPLETE)
    ][:limit]
    if run_id is not None and not found:
        raise Refused(f"The log knows no {'failed ' if failed else ''}run {run_id}.")
    if not found:
        nothing = "Nothing failed." if failed else "No run yet. Begin: python -m collector collect"
        session.terminal.say(nothing)
    else:
        session.terminal.table(_RUN_COLUMNS, (_run_row(each) for each in found))
    shown = {each.run_id for each in found}
    wanted = Wanted(run_id=run_id, failed_only=True, limit=MOST_RESULTS)
    failures = [each for each in results(viewer, store, wanted) if each.run_id in shown] if shown else []
    for line in failure_lines(failures, with_run=True):
        session.terminal.say(line)
    return Outcome({"runs": [_run_facts(each) for each in found], "failures": failure_facts(failures)})


_RUN_COLUMNS = (">RUN", "STARTED (UTC)", "TRIGGER", "STATE", ">REPOSITORIES", ">REQUESTS", ">SECONDS", "MESSAGE")


def _run_row(run: LoggedRun) -> tuple[str, ...]:
    return (
        str(run.run_id),
        f"{run.started_at:%Y-%m-%d %H:%M:%S}",
        run.trigger,
        run.state,
        f"{run.repositories:,}",
        "" if run.requests is None else f"{run.requests:,}",
        "" if run.ended_at is None else f"{_seconds(run.started_at, run.ended_at):,.0f}",
        run.message or "",
    )


def _run_line(run: LoggedRun) -> str:
    return f"{run.run_id} ({run.trigger}), {moment(run.started_at)}, {run.state}. {run.message or ''}".rstrip()


def _run_facts(run: LoggedRun) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "trigger": run.trigger,
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at),
        "state": run.state.value,
        "repositories": run.repositories,
        "requests": run.requests,
        "message": run.message,
    }


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()
