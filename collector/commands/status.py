"""`status` and `log`: how repositories and tokens stand, and what happened in the runs."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import click

from collector.commands.collect import MOST_RESULTS, failure_facts, failure_lines
from collector.commands.frame import Command, CommandRefused, CommandResult, Session, pass_session
from collector.commands.selection import chosen_tenants, what_to_track
from collector.commands.terminal import counted, days_until, moment
from data.accounts.models import Tenant
from data.accounts.tokens import StoredToken, tokens
from data.calendar import DAY, SETTLED_AFTER_DAYS, WINDOW_DAYS, utc_day, utc_now
from data.collection.log import results, runs
from data.collection.models import LoggedRun, RunState
from data.collection.schedule import ScheduleRefused, last_time, next_time
from data.repositories.health import LISTS, StaleEndpoint, health, stale_endpoints
from data.repositories.models import OpenDays, RepositoryHealth, RepositoryState
from data.traffic.models import Metric

NEAR_DAYS = 7
SPARE_DAYS = 3  # between the next scheduled collection and a loss
LATE_AFTER = timedelta(days=1)  # then a scheduled collection that brought nothing is missed
EXPIRY_DAYS = 14
COLUMNS = ("TENANT", "REPOSITORY", "STATE", "LAST COLLECTED", ">PENDING", ">GAPS", ">DAYS LEFT", "REASON")
_NOT_COLLECTED = {RepositoryState.PAUSED, RepositoryState.REMOVED}
_MOST_SHOWN = 20
ROWS_SHOWN = 50
ALL_RUNS = 1_000_000


@click.command(cls=Command)
@click.option("--tenant", metavar="NAME", help="Only this tenant's repositories.")
@click.option("--all", "show_all", is_flag=True, help=f"Show all repositories, not the {ROWS_SHOWN} most urgent.")
@pass_session
def status(session: Session, tenant: str | None, show_all: bool) -> CommandResult:
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
    problems = [
        *about_tokens.problems,
        *_first_of([_loss(each) for each in near], "repositories are at risk."),
        *about_answers.problems,
    ]
    warnings = [*about_tokens.warnings, *about_answers.warnings]
    _show(session, found, len(near), show_all=show_all)
    if not found:
        session.terminal.say(what_to_track(names))
    last = next(iter(runs(viewer, session.store, 1)), None)
    if last is not None:
        line = f"{last.run_id} ({last.trigger}), {moment(last.started_at)}, {last.state}. {last.message or ''}"
        session.terminal.say(f"Last run: {line.rstrip()}")
    for sentence in [*problems, *warnings]:  # results, not mishaps: a monitor reads stdout
        session.terminal.say(sentence)
    facts = {
        "repositories": [health_facts(each) for each in found],
        "last_run": None if last is None else asdict(last),
        "problems": problems,
        "warnings": warnings,
    }
    return CommandResult(facts, failed=bool(problems))


def _show(session: Session, found: Sequence[RepositoryHealth], near: int, *, show_all: bool) -> None:
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
    found = [
        each
        for each in runs(viewer, store, ALL_RUNS if narrow else limit)
        if run_id in {None, each.run_id} and not (failed and each.state is RunState.COMPLETE)
    ][:limit]
    if run_id is not None and not found:
        raise CommandRefused(f"The log knows no {'failed ' if failed else ''}run {run_id}.")
    if not found:
        nothing = "Nothing failed." if failed else "No run yet. Begin: python -m collector collect"
        session.terminal.say(nothing)
    else:
        session.terminal.table(_RUN_COLUMNS, (_run_row(each) for each in found))
    shown = {each.run_id for each in found}
    of_runs = results(viewer, store, run_id=run_id, failed_only=True, limit=MOST_RESULTS) if shown else []
    failures = [each for each in of_runs if each.run_id in shown]
    for line in failure_lines(failures, with_run=True):
        session.terminal.say(line)
    return CommandResult({"runs": [asdict(each) for each in found], "failures": failure_facts(failures)})


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


@dataclass(slots=True)
class Problems:
    """Sentences on what is wrong now, and on what soon will be."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def last_collected(each: RepositoryHealth) -> datetime | None:
    """When views or clones were last answered well, the older of the two where both were."""
    return min(each.last_good_at.values(), default=None)


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


def near_loss(found: Sequence[RepositoryHealth], schedules: Mapping[int, str], now: datetime) -> list[RepositoryHealth]:
    """The repositories of which GitHub forgets a day within a week, but for those that only wait for their schedule.

    `schedules` are the tenants', by id. One that is collected weekly is near a loss on each sixth day, and no worse.
    """
    near = [each for each in found if each.days_until_loss is not None and each.days_until_loss <= NEAR_DAYS]
    return [each for each in near if not _only_waits(each, schedules.get(each.repository.tenant_id, ""), now)]


def stale_problems(stale: Sequence[StaleEndpoint]) -> Problems:
    """Sentences on endpoints that fail for long: a problem where lists are lost, else a warning."""
    lists = [each for each in stale if each.endpoint in LISTS]
    others = [each for each in stale if each.endpoint not in LISTS]
    more = "repositories have answers that are out of date."
    return Problems(_first_of(_stale(lists), more), _first_of(_stale(others), more))


def token_problems(
    owners: Sequence[Tenant], token_of: Mapping[int, StoredToken], found: Sequence[RepositoryHealth], now: datetime
) -> Problems:
    """Sentences on the tokens of the tenants that have something to collect."""
    about = Problems()
    collected = {e.repository.tenant_id for e in found if e.repository.state not in _NOT_COLLECTED}
    for owner in owners:
        if owner.active and owner.tenant_id in collected:
            _add_token(about, owner, token_of.get(owner.tenant_id), now)
    return about


def _add_token(about: Problems, owner: Tenant, token: StoredToken | None, now: datetime) -> None:
    remedy = f"Store a new one: python -m collector tenant token {shlex.quote(owner.name)}"
    if token is None:
        about.problems.append(f"{owner.name} has no token: nothing of it is collected. {remedy}")
        return
    named = f"The token of {owner.name}, ending in {token.last_four},"
    expires = token.facts.expires_at
    if token.state != "valid":
        about.problems.append(f"{named} is refused. {token.state_reason or ''} {remedy}".replace("  ", " "))
    elif expires is not None and expires <= now:
        about.problems.append(f"{named} expired on {moment(expires)}. {remedy}")
    elif expires is not None and (days := days_until(expires, now)) <= EXPIRY_DAYS:
        urgency = "Urgent: " if days <= 1 else "Soon: " if days <= NEAR_DAYS else ""
        when = "today" if days == 0 else f"in {counted(days, 'day')}"
        about.warnings.append(f"{urgency}{named} expires {when}, on {moment(expires)}. {remedy}")


def _loss(each: RepositoryHealth) -> str:
    name, left = f"{each.repository.full_name} ({each.tenant})", each.days_until_loss or 0
    why = f" It is {each.repository.state}." if each.repository.state is not RepositoryState.ACTIVE else ""
    last = f"Last collected: {moment(last_collected(each))}."
    if left < 0:
        return f"{name} is losing days: GitHub no longer shows the first that is missing.{why} {last}"
    when = "after today" if left == 0 else f"in {counted(left, 'day')}"
    return f"{name}: GitHub forgets a day {when} that is not stored yet.{why} {last}"


def _only_waits(each: RepositoryHealth, schedule: str, now: datetime) -> bool:
    """Whether all went as scheduled and the next collection comes in time.

    That is: no scheduled collection was missed, the day at risk was still too young for the last one, and the next
    one leaves three days to spare.
    """
    last, left = last_collected(each), each.days_until_loss
    if last is None or left is None or len(each.last_good_at) < len(Metric):
        return False
    last_day_shown = utc_day(now) + left * DAY
    at_risk = last_day_shown - (WINDOW_DAYS - 1) * DAY
    try:
        missed = last_time(schedule, now - LATE_AFTER) > last
        in_time = utc_day(next_time(schedule, max(last, now - LATE_AFTER))) + SPARE_DAYS * DAY <= last_day_shown
    except ScheduleRefused:
        return False
    return not missed and in_time and at_risk >= utc_day(last) - SETTLED_AFTER_DAYS * DAY


def _stale(stale: Sequence[StaleEndpoint]) -> list[str]:
    sentences = []
    for (name, tenant, reason), same in groupby(stale, key=lambda each: (each.full_name, each.tenant, each.reason)):
        asked = list(same)
        last = min((each.last_good_at for each in asked if each.last_good_at is not None), default=None)
        endpoints = " and ".join(each.endpoint.replace("_", " ") for each in asked)
        sentences.append(f"{name} ({tenant}): {endpoints} fail. Last good answer: {moment(last)}. {reason}")
    return sentences


def _first_of(sentences: list[str], more: str) -> list[str]:
    beyond = len(sentences) - _MOST_SHOWN
    return [*sentences[:_MOST_SHOWN], *([f"{beyond:,} more {more}"] if beyond > 0 else [])]


def _stretch(open_days: OpenDays) -> dict[str, str]:
    first, last = open_days.first_day.isoformat(), open_days.last_day.isoformat()
    return {"metric": open_days.metric.value, "first_day": first, "last_day": last}
