"""`repo add` and `repo discover`: repositories to follow, by name or by pattern."""

from collections.abc import Sequence

import click

from collector.clock import Stopped
from collector.commands.collecting import stopping_on_signals
from collector.commands.following import follow, tenant_client
from collector.commands.frame import Command, Failed, Outcome, Session, pass_session
from collector.commands.repo import NAMES
from collector.discover import Listed, parse_pattern, repository_names
from collector.listings import Lists, fetch_matching
from collector.terminal import counted
from data.accounts import tenants
from data.accounts.models import Tenant
from data.accounts.tokens import tokens
from data.repositories.models import RepositoryState
from data.repositories.repositories import repositories

STOPPED = "Stopped. Nothing was added."


@click.command(cls=Command)
@click.argument("tenant")
@click.argument("names", metavar=NAMES, nargs=-1, required=True)
@pass_session
def add(session: Session, tenant: str, names: tuple[str, ...]) -> Outcome:
    """Follow repositories, and collect them at once.

    A name is OWNER/NAME or any address of the repository at GitHub. Each is checked with the tenant's token before
    any is saved; those that cannot be read are reported with GitHub's reason and what mends it.

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
            return follow(session, owner, wanted, clock)
        except Stopped:
            raise Failed(STOPPED) from None


@click.command(cls=Command)
@click.argument("tenant")
@click.argument("pattern", nargs=-1, required=True)
@click.option("--add", "with_add", is_flag=True, help="Follow what is found, and collect it at once.")
@pass_session
def discover(session: Session, tenant: str, pattern: tuple[str, ...], with_add: bool) -> Outcome:
    """List repositories that a tenant's token can see, by pattern; with --add, follow them.

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
            with tenant_client(session, owner, clock) as github:
                lists = fetch_matching(github, _login(session, owner), parsed)
            new = _tell(session, owner, lists)
            if with_add:
                new = _without_hopeless(session, new)
            if not with_add or not new:
                return Outcome(_facts(lists, new))
            added = follow(session, owner, [each.full_name for each in new], clock)
        except Stopped:
            raise Failed(STOPPED) from None
    return Outcome({**_facts(lists, new), **added.facts}, added.failed)


def _login(session: Session, owner: Tenant) -> str | None:
    """Whose token it is; None for an app's installation."""
    stored = tokens(session.viewer, session.store)
    return next((each.facts.login for each in stored if each.tenant_id == owner.tenant_id), None)


def _without_hopeless(session: Session, new: list[Listed]) -> list[Listed]:
    """Those whose traffic may be readable: GitHub shows it to nobody who may not write to the repository."""
    hopeful = [each for each in new if each.may_push is not False]
    if len(hopeful) < len(new):
        session.terminal.say(f"{len(new) - len(hopeful):,} left out: the token's owner may not write to them.")
    return hopeful


def _tell(session: Session, owner: Tenant, lists: Lists) -> list[Listed]:
    """Show what was found, with how it stands here. Answers those that are not followed in any way yet."""
    known = repositories(session.viewer, session.store)
    states = {each.github_id: each.state for each in known if each.tenant_id == owner.tenant_id}
    new = [each for each in lists.found if each.github_id not in states]
    if lists.found:
        columns = ("REPOSITORY", "VISIBILITY", "KIND", "TOKEN MAY PUSH", "HERE")
        session.terminal.table(columns, (_row(each, states.get(each.github_id)) for each in lists.found))
        session.terminal.say(f"{counted(len(lists.found), 'repository')} found, {len(new):,} not followed yet.")
    else:
        session.terminal.say(
            "Nothing that this token can see matches. Wider: python -m collector repo discover TENANT '*/*'"
        )
    for warning in lists.warnings:
        session.terminal.warn(f"Warning: {warning}")
    return new


def _row(each: Listed, state: RepositoryState | None) -> Sequence[str]:
    kinds = [kind for kind, is_so in (("fork", each.fork), ("archived", each.archived)) if is_so]
    push = {True: "yes", False: "no", None: "not told"}[each.may_push]
    return each.full_name, "private" if each.private else "public", ", ".join(kinds), push, state or "not followed"


def _facts(lists: Lists, new: Sequence[Listed]) -> dict[str, object]:
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
    return {"found": found, "not_followed": [each.full_name for each in new], "warnings": lists.warnings}
