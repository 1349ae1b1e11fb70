"""`status` and `log`: how repositories and tokens stand, and what happened in the runs."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from collector.commands.collect import MOST_RESULTS, failure_facts, failure_lines
from collector.commands.frame import Command, CommandRefused, CommandResult, Session, pass_session
from collector.commands.selection import chosen_tenants, viewer_of_tenant, what_to_track
from collector.commands.terminal import moment
from collector.reach import busiest, overbooked, reaches
from data.calendar import utc_day, utc_now
from data.collection.health import Finding, FindingKind, collection_health, last_collected
from data.collection.log import results, runs
from data.collection.models import LoggedRun, RunState
from data.repositories.health import with_open_days
from data.repositories.models import OpenDays, RepositoryHealth
from data.text import counted, ended

COLUMNS = ("TENANT", "REPOSITORY", "STATE", "LAST COLLECTED", ">PENDING", ">GAPS", ">DAYS LEFT", "REASON")
MOST_SHOWN = 20
ROWS_SHOWN = 50
RUNS_LOOKED_AT = 20
ALL_RUNS = 1_000_000


@click.command(cls=Command)
@click.option("--tenant", metavar="NAME", help="Only this tenant's repositories.")
@click.option("--all", "show_all", is_flag=True, help=f"Show all repositories, not the {ROWS_SHOWN} most urgent.")
@pass_session
def status(session: Session, tenant: str | None, show_all: bool) -> CommandResult:
    """Show how the collection stands: runs, schedules, tokens, and of each repository what is pending or near its loss.

    For monitoring: the exit code is 1 where the last run failed for most repositories, a scheduled collection was
    missed (within an hour), a token is refused, expired, missing or cannot be decrypted, GitHub refuses most
    repositories of a tenant, GitHub forgets something within 7 days that is not stored yet, or referrers or paths have
    failed for 2 days. A loss is no alarm while all went as scheduled and the next collection comes at least 3 days
    before it. Everything else that needs attention is a warning. The app answers the same at /readyz.

    DAYS LEFT: for so many days GitHub still surely shows the first day that is not stored. PENDING: days that may
    still change or come. GAPS: days that nobody collected and GitHub has forgotten.

    \b
    Example:
      python -m collector status
      python -m collector status --json | tail -n 1
    """
    owners, now = chosen_tenants(session, tenant), utc_now()
    viewer = session.viewer if tenant is None else viewer_of_tenant(session, owners)
    repositories = with_open_days(viewer, session.store, utc_day(now))
    read = collection_health(viewer, session.store, viewer.tenant_ids, now, overbooked(viewer, session.store))
    problems, warnings = (finding_lines(each) for each in (read.problems, read.warnings))
    warnings += [
        f"{path.name} was damaged or set back, and is not used. It lies in {path.parent} and may be deleted."
        for path in session.store.put_aside()
    ]
    _show(session, repositories, show_all=show_all)
    if not repositories:
        session.terminal.say(what_to_track({each.tenant_id: each.name for each in owners}))
    for sentence in busiest(reaches(viewer, session.store)):
        session.terminal.say(sentence)
    newest = runs(viewer, session.store, RUNS_LOOKED_AT)
    last = next((run for run in newest if run.state is not RunState.RUNNING), None)
    if last is not None:
        line = f"{last.run_id} ({last.trigger}), {moment(last.started_at)}, {last.state}. {last.message or ''}"
        session.terminal.say(f"Last run: {line.rstrip()}")
    for sentence in [*problems, *warnings]:  # results, not mishaps: a monitor reads stdout
        session.terminal.say(sentence)
    facts = {
        "repositories": [health_facts(each) for each in repositories],
        "last_run": None if last is None else asdict(last),
        "problems": problems,
        "warnings": warnings,
        "findings": [asdict(each) for each in read.findings],
        "requests": [asdict(each) for each in reaches(viewer, session.store)],
    }
    return CommandResult(facts, failed=bool(problems))


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Findings as lines, each with what to do about it; twenty of a kind at most."""
    lines: list[str] = []
    for kind in FindingKind:
        of_kind = [finding_text(each) for each in findings if each.kind is kind]
        beyond = len(of_kind) - MOST_SHOWN
        lines += [*of_kind[:MOST_SHOWN], *([f"{beyond:,} more like these."] if beyond > 0 else [])]
    return lines


def finding_text(each: Finding) -> str:
    about = each.about if each.tenant in {None, each.about} else f"{each.about} ({each.tenant})"
    at = f" {each.label}: {moment(each.moment)}." if each.label else ""
    remedy = REMEDIES.get(each.kind, "")
    return f"{about}: {ended(each.text)}{at} {remedy.format(tenant=shlex.quote(each.tenant or ''))}".rstrip()


REMEDIES = {
    FindingKind.MISSED: "Is the timer running? python -m collector schedule",
    FindingKind.SCHEDULE: "Change it: python -m collector tenant schedule {tenant} daily",
    FindingKind.TOKEN: "Store a new one: python -m collector tenant token {tenant}",
}


def _show(session: Session, repositories: Sequence[RepositoryHealth], *, show_all: bool) -> None:
    if not repositories:
        return
    shown = repositories if show_all else repositories[:ROWS_SHOWN]
    session.terminal.table(COLUMNS, (health_row(each) for each in shown))
    if len(shown) < len(repositories):
        session.terminal.say(f"... and {len(repositories) - len(shown):,} less urgent. To see all: --all")
    pending, gaps = sum(each.pending_days for each in repositories), sum(each.gap_days for each in repositories)
    session.terminal.say(
        f"{counted(len(repositories), 'repository')}, {counted(pending, 'day')} pending, {counted(gaps, 'day')} lost."
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
def log(session: Session, failed: bool, run_id: int | None, limit: int) -> CommandResult:
    """Show the newest runs, then what failed in them and why.

    \b
    Example:
      python -m collector log
      python -m collector log --failed --limit 3
      python -m collector log --run 42
    """
    viewer, store = session.viewer, session.store
    narrow = failed or run_id is not None
    logged = [
        each
        for each in runs(viewer, store, ALL_RUNS if narrow else limit)
        if run_id in {None, each.run_id} and not (failed and each.state is RunState.COMPLETE)
    ][:limit]
    if run_id is not None and not logged:
        raise CommandRefused(f"The log knows no {'failed ' if failed else ''}run {run_id}.")
    nothing = "Nothing failed." if failed else "No run yet. Begin: python -m collector collect"
    session.terminal.table(_RUN_COLUMNS, (_run_row(each) for each in logged), nothing)
    shown = {each.run_id for each in logged}
    of_runs = results(viewer, store, run_id=run_id, failed_only=True, limit=MOST_RESULTS) if shown else []
    failures = [each for each in of_runs if each.run_id in shown]
    for line in failure_lines(failures, with_run=True):
        session.terminal.say(line)
    return CommandResult({"runs": [asdict(each) for each in logged], "failures": failure_facts(failures)})


_RUN_COLUMNS = (">RUN", "STARTED (UTC)", "TRIGGER", "STATE", ">REPOSITORIES", ">REQUESTS", ">SECONDS", "MESSAGE")


def _run_row(run: LoggedRun) -> tuple[str, ...]:
    return (
        str(run.run_id),
        f"{run.started_at:%Y-%m-%d %H:%M:%S}",
        run.trigger,
        run.state,
        f"{run.repositories:,}",
        "" if run.requests is None else f"{run.requests:,}",
        "" if run.ended_at is None else f"{(run.ended_at - run.started_at).total_seconds():,.0f}",
        run.message or "",
    )


def health_row(each: RepositoryHealth) -> tuple[str, ...]:
    left = "" if each.days_until_loss is None else f"{each.days_until_loss:,}"
    collected = moment(last_collected(each))
    repository = each.repository
    counts = (f"{each.pending_days:,}", f"{each.gap_days:,}", left)
    return each.tenant, repository.full_name, repository.state, collected, *counts, repository.state_reason or ""


def health_facts(each: RepositoryHealth) -> dict[str, Any]:
    return {
        "tenant": each.tenant,
        "repository": each.repository.full_name,
        "state": each.repository.state.value,
        "reason": each.repository.state_reason,
        "last_collected_at": last_collected(each),
        "days_until_loss": each.days_until_loss,
        "pending_days": each.pending_days,
        "gap_days": each.gap_days,
        "pending": [_stretch(open_days) for open_days in each.pending],
        "gaps": [_stretch(open_days) for open_days in each.gaps],
    }


def _stretch(open_days: OpenDays) -> dict[str, str]:
    first, last = open_days.first_day.isoformat(), open_days.last_day.isoformat()
    return {"metric": open_days.metric.value, "first_day": first, "last_day": last}
