"""`repo`: the repositories that are tracked: add, discover, list, pause, resume, remove, correct."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import click

from collector.clock import Stopped, SystemClock
from collector.commands.collect import collect_and_report, stopping_on_signals
from collector.commands.export import DAY
from collector.commands.frame import CommandFailed, CommandGroup, CommandRefused, CommandResult, Session, pass_session
from collector.commands.selection import chosen_tenants, tracked, what_to_track
from collector.commands.status import COLUMNS, health_facts, health_row
from collector.discovery import (
    Discovery,
    ListedRepository,
    TenantClients,
    TrackResult,
    check_repositories,
    clients_of_tenant,
    fetch_matching,
    parse_pattern,
    repository_names,
    track_repositories,
)
from collector.owner_run import RunRequest
from collector.reach import estimate
from collector.run import RunInProgress
from data.accounts import tenants
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Tenant
from data.accounts.tokens import tokens
from data.calendar import utc_day, utc_now
from data.collection.ledger import Scope
from data.repositories.health import with_open_days
from data.repositories.models import Repository, RepositoryHealth, RepositoryState
from data.repositories.repositories import (
    pause_repositories,
    remove_repositories,
    remove_repositories_with_data,
    repositories,
    resume_repositories,
)
from data.store import Store
from data.text import counted
from data.traffic.corrections import Reading, correct_reading
from data.traffic.models import Metric

NAMES = "OWNER/NAME..."
STOPPED = "Stopped. Nothing was added."
Change = Callable[[Store, str, list[int], datetime], list[Repository]]


@click.group(cls=CommandGroup, first=("add", "discover"))
def repo() -> None:
    """Repositories: track, find, pause, remove.

    \b
    Example:
      python -m collector repo add acme octo/hello
      python -m collector repo list
    """


@repo.command()
@click.argument("tenant")
@click.argument("names", metavar=NAMES, nargs=-1, required=True)
@pass_session
def add(session: Session, tenant: str, names: tuple[str, ...]) -> CommandResult:
    """Track repositories, and collect them at once.

    A name is OWNER/NAME or any address of the repository at GitHub. Each is checked with the tenant's token before
    any is saved; those that cannot be read are reported with GitHub's reason and how to fix it.

    \b
    Example:
      python -m collector repo add acme octo/hello octo/world
      python -m collector repo add acme https://github.com/octo/hello/tree/main
      python -m collector repo add acme git@github.com:octo/hello.git
    """
    wanted = repository_names(names)
    owner = tenants.tenant_named(session.viewer, session.store, tenant)
    with stopping_on_signals() as clock:
        try:
            return _track(session, owner, wanted, clock)
        except Stopped:
            raise CommandFailed(STOPPED) from None


@repo.command()
@click.argument("tenant")
@click.argument("pattern", nargs=-1, required=True)
@click.option("--add", "with_add", is_flag=True, help="Track what is found, and collect it at once.")
@pass_session
def discover(session: Session, tenant: str, pattern: tuple[str, ...], with_add: bool) -> CommandResult:
    """List repositories that a tenant's token can see, by pattern; with --add, track them.

    PATTERN is a list of terms with commas between them. A repository is meant when at least one term names it and
    no term with ! leaves it out. Letter case does not matter.

    \b
      octo/hello      that repository
      octo/*          all of a user or an organization
      octo/api-*      those whose name begins so
      */*             all that the token can see
      !fork           no forks; also !archived and !private
      !test-*         none whose name is like this
      !octo/test-*    the same for one owner only

    Put the pattern in single quotes: the shell reads * and ! otherwise. Nothing is ever removed by this command,
    and what is paused or removed stays so.

    \b
    Example:
      python -m collector repo discover acme 'octo/*,!fork,!archived'
      python -m collector repo discover acme 'octo/*,!fork,!archived' --add
    """
    parsed = parse_pattern(",".join(pattern))
    owner = tenants.tenant_named(session.viewer, session.store, tenant)
    with stopping_on_signals() as clock:
        try:
            stored = {each.tenant_id: each for each in tokens(session.viewer, session.store)}.get(owner.tenant_id)
            with tenant_client(session, owner, clock) as github:
                lists = fetch_matching(github, stored.facts.login if stored else None, parsed)
            new = _say_discovered(session, owner, lists)
            if with_add:
                hopeless = [each for each in new if each.may_push is False]  # GitHub shows them no traffic
                new = [each for each in new if each not in hopeless]
                if hopeless:
                    session.terminal.say(f"{len(hopeless):,} left out: the token's owner may not write to them.")
            if not with_add or not new:
                _say_estimate(session, owner, len(new))
                return CommandResult(_facts(lists, new))
            added = _track(session, owner, [each.full_name for each in new], clock)
        except Stopped:
            raise CommandFailed(STOPPED) from None
    return CommandResult({**_facts(lists, new), **added.facts}, added.failed)


def _say_discovered(session: Session, owner: Tenant, lists: Discovery) -> list[ListedRepository]:
    """Show what was found, with how it stands here. Answers those that are not tracked in any way yet."""
    known = repositories(session.viewer, session.store)
    states = {each.github_id: each.state for each in known if each.tenant_id == owner.tenant_id}
    new = [each for each in lists.found if each.github_id not in states]
    if lists.found:
        columns = ("REPOSITORY", "VISIBILITY", "KIND", "TOKEN MAY PUSH", "HERE")
        session.terminal.table(columns, (_row(each, states.get(each.github_id)) for each in lists.found))
        session.terminal.say(f"{counted(len(lists.found), 'repository')} found, {len(new):,} not tracked yet.")
    else:
        session.terminal.say(
            "Nothing that this token can see matches. Wider: python -m collector repo discover TENANT '*/*'"
        )
    for warning in lists.warnings:
        session.terminal.warn(f"Warning: {warning}")
    return new


def _row(each: ListedRepository, state: RepositoryState | None) -> Sequence[str]:
    kinds = [kind for kind, is_so in (("fork", each.fork), ("archived", each.archived)) if is_so]
    push = {True: "yes", False: "no", None: "unknown"}[each.may_push]
    return each.full_name, "private" if each.private else "public", ", ".join(kinds), push, state or "not tracked"


def _facts(lists: Discovery, new: Sequence[ListedRepository]) -> dict[str, object]:
    found = [
        {
            "repository": each.full_name,
            "private": each.private,
            "fork": each.fork,
            "archived": each.archived,
            "may_push": each.may_push,
        }
        for each in lists.found
    ]
    return {"found": found, "not_tracked": [each.full_name for each in new], "warnings": lists.warnings}


@contextmanager
def tenant_client(session: Session, tenant: Tenant, clock: SystemClock) -> Iterator[TenantClients]:
    """GitHub as the tenant's installations and its token see it. Raises: CommandRefused without any, DecryptionFailed,
    SettingsRefused, LimitReached where GitHub has asked its owner to wait.
    """
    waiting = session.terminal.progress().waiting
    with clients_of_tenant(session.store, tenant.tenant_id, clock, waiting) as clients:
        if not clients.clients:
            command = f"python -m collector tenant token {shlex.quote(tenant.name)}"
            raise CommandRefused(f"{tenant.name} has no token that GitHub accepts. Store one: {command}")
        yield clients


def _track(session: Session, tenant: Tenant, names: Sequence[str], clock: SystemClock) -> CommandResult:
    """Check the names, track those that pass in one commit, collect the new ones, and report all of it.

    Raises: GitHubError where GitHub answers nobody; then nothing is saved.
    """
    there = {
        each.full_name.casefold()
        for each in repositories(session.viewer, session.store)
        if each.tenant_id == tenant.tenant_id
    }
    _say_estimate(session, tenant, len([name for name in names if name.casefold() not in there]))
    with tenant_client(session, tenant, clock) as github:
        session.terminal.log(f"Checking {counted(len(names), 'repository')} with GitHub")
        checked = check_repositories(github, names)
    result = track_repositories(session.viewer, session.store, COMMAND_LINE, tenant.tenant_id, checked)
    _say_tracked(session, tenant, result)
    facts = {
        "tenant": tenant.name,
        "added": [each.full_name for each in result.added],
        "already_tracked": [each.full_name for each in result.already],
        "also_tracked_by": {name: list(others) for name, others in result.elsewhere.items()},
        "refused": [{"repository": each.name, "reason": each.refusal} for each in result.refused],
    }
    collected = _collect(session, result.added, clock)
    return CommandResult({**facts, "collection": collected.facts or None}, bool(result.refused) or collected.failed)


def _say_estimate(session: Session, tenant: Tenant, count: int) -> None:
    if load := estimate(session.viewer, session.store, tenant.tenant_id, count):
        session.terminal.say(f"Estimate for {load}")


def _say_tracked(session: Session, tenant: Tenant, result: TrackResult) -> None:
    for each in result.added:
        session.terminal.say(f"{each.full_name}: tracked by {tenant.name} now.")
    for name, others in result.elsewhere.items():
        session.terminal.say(f"{name}: also tracked by {', '.join(others)}. Whoever sees both sees it counted once.")
    for each in result.already:
        session.terminal.say(f"{each.full_name}: tracked already.")
    for refused in result.refused:
        session.terminal.warn(f"{refused.name}: not added. {refused.refusal}")
    if result.refused:
        session.terminal.warn(f"{counted(len(result.refused), 'repository')} not added, for the reasons above.")


def _collect(session: Session, added: Sequence[Repository], clock: SystemClock) -> CommandResult:
    """Collect what is new at once; where another process collects, that does it."""
    if not added:
        return CommandResult()
    scope = Scope(repository_ids=tuple(each.repository_id for each in added))
    try:
        return collect_and_report(session, RunRequest(scope, "added"), clock)
    except RunInProgress as running:
        session.terminal.say(f"{running} It collects the new ones, too.")
        return CommandResult()


@repo.command(name="list")
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@pass_session
def list_repositories(session: Session, tenant: str | None) -> CommandResult:
    """List what is tracked: state, last collection, and the days until GitHub forgets something not stored yet.

    \b
    Example:
      python -m collector repo list
      python -m collector repo list --tenant acme
    """
    names = {each.tenant_id: each.name for each in chosen_tenants(session, tenant)}
    every = with_open_days(session.viewer, session.store, utc_day(utc_now()))
    found = [each for each in every if each.repository.tenant_id in names]
    found.sort(key=lambda each: (each.tenant.casefold(), each.repository.full_name.casefold()))
    session.terminal.table(COLUMNS, _rows(found), what_to_track(names))
    return CommandResult(
        {"repositories": [{"number": each.repository.repository_id, **health_facts(each)} for each in found]}
    )


def _rows(repositories: Sequence[RepositoryHealth]) -> Iterator[tuple[str, ...]]:
    """The repositories for people; where a tenant has two of one name, with the number that identifies each."""
    names = Counter((each.tenant, each.repository.full_name.casefold()) for each in repositories)
    for each in repositories:
        tenant, name, *rest = health_row(each)
        is_double = names[each.tenant, each.repository.full_name.casefold()] > 1
        yield tenant, f"{name} #{each.repository.repository_id}" if is_double else name, *rest


@repo.command()
@click.argument("tenant")
@click.argument("names", metavar=NAMES, nargs=-1, required=True)
@pass_session
def pause(session: Session, tenant: str, names: tuple[str, ...]) -> CommandResult:
    """Stop collecting repositories for a while; their history stays.

    GitHub forgets after 14 days: a longer pause leaves a gap. Where two repositories have one name, say which by the
    number that the list shows: '#12'.

    \b
    Example:
      python -m collector repo pause acme octo/hello
    """
    return _changed(session, pause_repositories, RepositoryState.PAUSED, tracked(session, tenant, names))


@repo.command()
@click.argument("tenant")
@click.argument("names", metavar=NAMES, nargs=-1, required=True)
@pass_session
def resume(session: Session, tenant: str, names: tuple[str, ...]) -> CommandResult:
    """Collect paused or removed repositories again.

    \b
    Example:
      python -m collector repo resume acme octo/hello
    """
    return _changed(session, resume_repositories, RepositoryState.ACTIVE, tracked(session, tenant, names))


@repo.command()
@click.argument("tenant")
@click.argument("names", metavar=NAMES, nargs=-1, required=True)
@click.option("--delete-data", is_flag=True, help="Delete all that was collected of them. It cannot be undone.")
@click.option("--yes", is_flag=True, help="Delete without having to type the name.")
@pass_session
def remove(session: Session, tenant: str, names: tuple[str, ...], delete_data: bool, yes: bool) -> CommandResult:
    """Stop tracking repositories. Their history stays, marked removed, unless --delete-data is given.

    \b
    Example:
      python -m collector repo remove acme octo/hello
      python -m collector repo remove acme octo/hello --delete-data
    """
    repositories = tracked(session, tenant, names)
    if not delete_data:
        return _changed(session, remove_repositories, RepositoryState.REMOVED, repositories)
    if not yes:
        _have_it_typed(repositories)
    remove_repositories_with_data(session.store, COMMAND_LINE, [each.repository_id for each in repositories], utc_now())
    for each in repositories:
        session.terminal.say(f"{each.full_name}: deleted with all that was collected of it.")
    return CommandResult({"deleted": [each.full_name for each in repositories]})


@repo.command()
@click.argument("tenant")
@click.argument("name", metavar="OWNER/NAME")
@click.argument("day", type=DAY)
@click.argument("metric", type=click.Choice([metric.value for metric in Metric]))
@click.argument("count", type=int, required=False)
@click.argument("uniques", type=int, required=False)
@click.option("--unknown", is_flag=True, help="Nothing is known of that day: it becomes pending or a gap.")
@pass_session
def correct(session: Session, /, tenant: str, name: str, day: date, metric: str, **given: Any) -> CommandResult:
    """Correct what is stored of a day, where GitHub gave a number that cannot be true.

    COUNT and UNIQUES take the place of what is stored; the audit log keeps both. What GitHub counted for that week is
    not believed any more. What GitHub shows of the day later is taken only where it is more than what was corrected.

    \b
    Example:
      python -m collector repo correct acme octo/hello 2026-05-10 views 120 45
      python -m collector repo correct acme octo/hello 2026-05-10 clones --unknown
    """
    reading = Reading(day, Metric(metric), given["count"], given["uniques"])
    if given["unknown"] is not (reading.count is None):
        raise CommandRefused("Say the count and its uniques, or --unknown.")
    (found,) = tracked(session, tenant, [name])
    former = correct_reading(session.store, COMMAND_LINE, found, reading, utc_now())
    session.terminal.say(f"{found.full_name}, {metric} of {day}: {reading.number} now, {former.number} before.")
    return CommandResult({"repository": found.full_name, "day": str(day), "was": former.count, "is": reading.count})


def _changed(session: Session, change: Change, state: RepositoryState, repositories: list[Repository]) -> CommandResult:
    """Change those that are not so already, in one commit, and say of each what it is now."""
    changed = change(session.store, COMMAND_LINE, [each.repository_id for each in repositories], utc_now())
    facts = []
    for each in repositories:
        became = state if each in changed else each.state
        how = f"now (it was {each.state})" if each in changed else "already"
        session.terminal.say(f"{each.full_name}: {became} {how}.")
        facts.append({"repository": each.full_name, "state": became.value, "was": each.state.value})
    session.terminal.say(_AFTERWARDS[state])
    return CommandResult({"repositories": facts})


_AFTERWARDS = {
    RepositoryState.PAUSED: "Resumed within 13 days, no day is lost: python -m collector repo resume TENANT NAME",
    RepositoryState.ACTIVE: "The schedule collects it; at once: python -m collector collect",
    RepositoryState.REMOVED: "The history stays. To track it again: python -m collector repo resume TENANT NAME",
}


def _have_it_typed(repositories: Sequence[Repository]) -> None:
    """Have the name of each typed before it is deleted. Raises: CommandRefused; click.Abort where nobody is there."""
    for each in repositories:
        question = f"Type {each.full_name} to delete all that was collected of it (#{each.repository_id})"
        typed = click.prompt(question, err=True)
        if typed.strip().casefold() != each.full_name.casefold():
            raise CommandRefused(f"That was not {each.full_name}. Nothing was deleted.")
