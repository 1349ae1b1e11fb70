"""`tenant`: who tracks repositories, on which schedule, with whose token."""

import codecs
import os
import shlex
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from collector.clock import SystemClock
from collector.commands.frame import CommandGroup, CommandRefused, CommandResult, Session, pass_session
from collector.commands.terminal import expiry, moment
from collector.discovery import SHORT_LIVED, check_token, connect, token_as_pasted
from collector.github_app import INSTALLATION
from collector.reach import busiest, reaches, requests_a_day
from data.accounts import github_app, tenants, tokens
from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import open_cipher
from data.accounts.models import Tenant
from data.accounts.tokens import StoredToken, TokenFacts
from data.calendar import utc_now
from data.collection.health import collection_health
from data.collection.schedule import ScheduleRefused, checked_schedule, next_time, schedule_warning
from data.repositories.models import RepositoryState
from data.repositories.repositories import repositories
from data.text import counted


@click.group(cls=CommandGroup)
def tenant() -> None:
    """Tenants: who tracks repositories, with whose token, when.

    \b
    Example:
      python -m collector tenant add acme
      python -m collector tenant token acme
    """


@tenant.command()
@click.argument("name")
@click.option("--schedule", default="daily", show_default=True, metavar="SCHEDULE", help="daily, weekly or 'CRON'.")
@pass_session
def add(session: Session, name: str, schedule: str) -> CommandResult:
    """Add a tenant.

    SCHEDULE is daily (06:15, 14:15 and 22:15 UTC), weekly (Wednesday, 06:15 UTC) or a cron expression in UTC.

    \b
    Example:
      python -m collector tenant add acme
      python -m collector tenant add "Blue Team" --schedule '30 */6 * * *'
    """
    added = tenants.add_tenant(session.store, COMMAND_LINE, name, checked_schedule(schedule), utc_now())
    session.terminal.say(f"Added tenant {added.name}. Schedule: {added.schedule}, next {_next(added, utc_now())}.")
    _warn_of_schedule(session, added)
    session.terminal.say(f"Next: python -m collector tenant token {shlex.quote(added.name)}")
    return CommandResult({"tenant_id": added.tenant_id, "name": added.name, "schedule": added.schedule})


@tenant.command(name="list")
@pass_session
def list_tenants(session: Session) -> CommandResult:
    """List the tenants with their schedules, repositories and tokens.

    \b
    Example:
      python -m collector tenant list
    """
    viewer, now = session.viewer, utc_now()
    listed = tenants.tenants(viewer, session.store)
    token_of = {each.tenant_id: each for each in tokens.tokens(viewer, session.store)}
    by_app = github_app.installations(viewer, session.store)
    owners = [r.tenant_id for r in repositories(viewer, session.store) if r.state is not RepositoryState.REMOVED]
    read = collection_health(viewer, session.store, viewer.tenant_ids, now)
    facts = [
        {
            **_tenant_facts(each, owners.count(each.tenant_id), token_of.get(each.tenant_id), now),
            "installations": [one.account for one in by_app if one.tenant_id == each.tenant_id],
            "problems": [e.text for e in read.problems if e.about == each.name],
        }
        for each in listed
    ]
    columns = ("TENANT", "SCHEDULE (UTC)", "NEXT", ">REPOSITORIES", "TOKEN", "TOKEN EXPIRES", "PROBLEMS")
    rows = (_tenant_row(each, token_of.get(each["tenant_id"]), now) for each in facts)
    session.terminal.table(columns, rows, "There is no tenant yet. Add one: python -m collector tenant add NAME")
    return CommandResult({"tenants": facts})


@tenant.command()
@click.argument("name")
@click.option("--token-env", metavar="VAR", help="Take the token from this environment variable.")
@click.option(
    "--token-stdin", is_flag=True, help="Take the token from standard input: its first line that is not empty."
)
@pass_session
def token(session: Session, name: str, token_env: str | None, token_stdin: bool) -> CommandResult:
    """Store the token with which a tenant collects; it takes the place of the one before.

    The token is asked for without being shown, or comes from a variable or standard input, never from an argument:
    the process list would show it. GitHub checks it, then it is stored encrypted.

    A fine-grained token needs the repository permission "Administration: read" ("Actions: read", too, where workflow
    runs are counted); a classic one the scope repo, or public_repo where all repositories are public.

    \b
    Example:
      python -m collector tenant token acme
      python -m collector tenant token acme --token-env ACME_TOKEN
      pass show github/acme | python -m collector tenant token acme --token-stdin
    """
    owner = tenants.tenant_named(session.viewer, session.store, name)
    settings = session.settings
    open_cipher(session.directory)  # a key that cannot be used is reported before GitHub is asked
    secret = _secret(token_env, token_stdin)
    github = connect(settings, secret, SystemClock(), session.terminal.progress().waiting)
    try:
        facts = check_token(github)
    finally:
        github.close()
    now = utc_now()
    tokens.save_token(session.store, COMMAND_LINE, owner.tenant_id, secret, facts, now=now)
    session.terminal.say(f"Stored the token of {owner.name}, ending in {secret[-4:]}.")
    for label, value in _token_lines(facts, now):
        session.terminal.say(f"  {label:<8} {value}")
    if len(session.viewer.repository_ids) == 0:
        session.terminal.say(f"Next: python -m collector repo add {shlex.quote(owner.name)} OWNER/NAME")
    return CommandResult({"tenant": owner.name, **_token_facts(facts), "last_four": secret[-4:]})


@tenant.command()
@click.argument("name")
@click.argument("schedule")
@pass_session
def schedule(session: Session, name: str, schedule: str) -> CommandResult:
    """Change when a tenant collects.

    SCHEDULE is daily (06:15, 14:15 and 22:15 UTC), weekly (Wednesday, 06:15 UTC) or a cron expression in UTC. GitHub
    forgets after 14 days: less often than once in 12 days is refused, less often than weekly is a risk. So is more
    often than once an hour refused: GitHub publishes a day once.

    \b
    Example:
      python -m collector tenant schedule acme weekly
      python -m collector tenant schedule acme '0 5 * * *'
    """
    owner = tenants.tenant_named(session.viewer, session.store, name)
    changed = Tenant(owner.tenant_id, owner.name, checked_schedule(schedule), owner.active)
    tenants.save_schedule(session.store, COMMAND_LINE, owner.tenant_id, changed.schedule, utc_now())
    session.terminal.say(f"{owner.name} collects by {changed.schedule!r} now, next {_next(changed, utc_now())}.")
    _warn_of_schedule(session, changed)
    a_day = counted(round(requests_a_day(changed.schedule)), "request")
    session.terminal.say(f"That is about {a_day} a day for each repository.")
    for sentence in busiest(
        [each for each in reaches(session.viewer, session.store) if owner.name in each.tenant_names]
    ):
        session.terminal.say(sentence)
    return CommandResult({"tenant": owner.name, "schedule": changed.schedule})


@tenant.command(name="workflow-runs")
@click.argument("name")
@click.argument("choice", type=click.Choice(["on", "off"]))
@pass_session
def workflow_runs(session: Session, name: str, choice: str) -> CommandResult:
    """Count the workflow runs of GitHub Actions, or no more.

    Each build's checkout is a clone. With the runs of each day, pages tell how many clones GitHub Actions has made at
    least. The token or GitHub App needs the repository permission "Actions: read", too; without it they are unknown,
    and all else is collected as before.

    \b
    Example:
      python -m collector tenant workflow-runs acme on
    """
    found = tenants.tenant_named(session.viewer, session.store, name)
    tenants.set_reads_actions(session.store, COMMAND_LINE, found.tenant_id, choice == "on", utc_now())
    effect = "are counted from the next collection on" if choice == "on" else "are not counted any more"
    session.terminal.say(f"Workflow runs of {found.name} {effect}.")
    return CommandResult({"tenant": found.name, "workflow_runs": choice == "on"})


def _warn_of_schedule(session: Session, tenant: Tenant) -> None:
    if warning := schedule_warning(tenant.schedule):
        session.terminal.warn(f"Warning: {warning}")


def _secret(variable: str | None, from_stdin: bool) -> str:
    """The token from the option given; without one asked for, unseen. Raises: CommandRefused."""
    if variable is not None and from_stdin:
        raise CommandRefused("Take the token from --token-env or from --token-stdin, not from both.")
    if variable is not None:
        text, source = os.environ.get(variable, ""), f"The environment variable {variable}"
    elif from_stdin:
        text, source = _first_word(sys.stdin.buffer), "Standard input"
    elif sys.stdin.isatty():
        text, source = click.prompt("Token", hide_input=True, err=True), "What was typed"
    else:
        raise CommandRefused("There is no terminal to ask for the token. Use --token-env VAR or --token-stdin.")
    secret = token_as_pasted(text)
    if len(secret.split()) != 1 or not secret.isascii():
        raise CommandRefused(f"{source} holds no token: a token is one word of letters, digits, _ and dots.")
    return secret


def _first_word(lines: Iterable[bytes]) -> str:
    """The first line that is not empty. Editors put a byte order mark before it, and PowerShell writes UTF-16, in which
    a token's letters have zeros between them.
    """
    for line in lines:
        text = line.removeprefix(codecs.BOM_UTF16_LE).removeprefix(codecs.BOM_UTF16_BE).replace(b"\0", b"")
        if word := token_as_pasted(text.decode("utf-8", "replace")):
            return word
    return ""


def _token_lines(facts: TokenFacts, now: datetime) -> list[tuple[str, str]]:
    unscoped = "none: fine-grained tokens have permissions instead"
    lines = [
        ("login", facts.login or "none (an app's installation)"),
        ("kind", facts.kind),
        ("scopes", unscoped if facts.scopes is None else facts.scopes or "none"),
        ("expires", expiry(facts.expires_at, now)),
    ]
    if facts.kind == INSTALLATION:
        lines.append(("note", SHORT_LIVED))
    if facts.lacks_scope:
        lines.append(("note", "without the scope repo or public_repo GitHub shows no traffic: give the token one"))
    return lines


def _token_facts(facts: TokenFacts) -> dict[str, Any]:
    return {"kind": facts.kind, "login": facts.login, "scopes": facts.scopes, "expires_at": facts.expires_at}


def _tenant_facts(each: Tenant, count: int, stored: StoredToken | None, now: datetime) -> dict[str, Any]:
    facts = None
    if stored is not None:
        facts = {**_token_facts(stored.facts), "last_four": stored.last_four, "state": stored.state}
    return {
        "tenant_id": each.tenant_id,
        "name": each.name,
        "schedule": each.schedule,
        "active": each.active,
        "workflow_runs": each.reads_actions,
        "next": _next(each, now),
        "repositories": count,
        "token": facts,
    }


def _tenant_row(facts: dict[str, Any], stored: StoredToken | None, now: datetime) -> tuple[str, ...]:
    if stored is None:
        seen, expires = "none", ""
    else:
        seen = f"{stored.facts.login or stored.facts.kind} …{stored.last_four}"
        seen = seen if stored.state == "valid" else f"{seen} ({stored.state})"
        expires = expiry(stored.facts.expires_at, now)
    if facts["installations"]:
        seen = ", ".join([*([] if stored is None else [seen]), *(f"App of {one}" for one in facts["installations"])])
    problems = " ".join(facts["problems"])
    return facts["name"], facts["schedule"], facts["next"], f"{facts['repositories']:,}", seen, expires, problems


def _next(each: Tenant, now: datetime) -> str:
    if not each.active:
        return "paused"
    try:
        return moment(next_time(each.schedule, now))
    except ScheduleRefused:
        return "never: the schedule cannot be read"
