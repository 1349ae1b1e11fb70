"""`user …`: the app's users, for whoever has the server but cannot sign in."""

import os
from collections.abc import Iterable
from dataclasses import replace

import click

from collector.commands.frame import CommandGroup, CommandRefused, CommandResult, Session, pass_session
from collector.commands.selection import chosen_place
from data.accounts import accounts, invitations, sessions
from data.accounts.authority import COMMAND_LINE, NewUser
from data.accounts.models import Account, Grant, Role
from data.calendar import utc_now


@click.group(cls=CommandGroup)
def user() -> None:
    """The app's users: add and see them, help them in, sign everybody out.

    \b
    Example:
      python -m collector user list
      python -m collector user reset NAME
    """


@user.command("add")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="What the user may do.")
@click.option("--tenant", metavar="NAME", help="The tenant that the role is for.")
@click.option("--repository", metavar="OWNER/NAME", help="The repository of a repository_viewer.")
@click.option("--password-env", metavar="VARIABLE", help="The environment variable that holds the password.")
@pass_session
def add_user(
    session: Session, /, name: str, *, role: str, tenant: str | None, repository: str | None, password_env: str | None
) -> CommandResult:
    """Add a user with one role. On a new server that is the first one, without the set-up in a browser.

    Without a password the user can sign in once `user reset` has made a link for one; tokens work at once.

    \b
    Example:
      python -m collector user add ada --role admin --password-env PASSWORD
      python -m collector user add grafana --role tenant_viewer --tenant acme
    """
    granted = replace(chosen_place(session, tenant, repository), role=Role(role))
    password = None if password_env is None else os.environ.get(password_env)
    if password_env is not None and not password:
        raise CommandRefused(f"The environment variable {password_env} is empty or not set.")
    new = NewUser(name, name, None, password)
    added = accounts.add_user(session.store, COMMAND_LINE, new, granted, utc_now())
    session.terminal.say(f"{added.username} is added as {role.replace('_', ' ')}.")
    if password is None:
        session.terminal.say(f"A link to choose a password: python -m collector user reset {added.username}")
    return CommandResult({"username": added.username, "role": role})


@user.command("list")
@pass_session
def list_users(session: Session) -> CommandResult:
    """List the users with their roles.

    \b
    Example:
      python -m collector user list
    """
    listed = accounts.accounts(session.account, session.store)
    rows = [
        (each.username, each.display_name, "active" if each.active else "disabled", ", ".join(_roles(each.grants)))
        for each in listed
    ]
    nothing = "There is no user yet. Start the app and follow the set-up."
    session.terminal.table(("USERNAME", "NAME", "STATE", "ROLES"), rows, nothing)
    facts = [{"username": each.username, "active": each.active, "roles": _roles(each.grants)} for each in listed]
    return CommandResult({"users": facts})


@user.command()
@click.argument("name")
@pass_session
def reset(session: Session, name: str) -> CommandResult:
    """Make a one-time link with which a user chooses a new password, or signs in with the organization instead. It is
    good for a day.

    \b
    Example:
      python -m collector user reset ada
    """
    found = user_named(session, name)
    secret = invitations.reset_password(session.store, COMMAND_LINE, found.user_id, utc_now())
    link = f"/?invitation={secret}"
    session.terminal.say(f"Give {found.username} this link, after the address of the app. It works once:")
    session.terminal.say(link)
    return CommandResult({"username": found.username, "link": link})


@user.command("sign-out-all")
@pass_session
def sign_out_all(session: Session) -> CommandResult:
    """End all sessions of the app: everybody has to sign in again.

    \b
    Example:
      python -m collector user sign-out-all
    """
    sessions.end_all_sessions(session.store, COMMAND_LINE, utc_now())
    session.terminal.say("All sessions are over: everybody has to sign in again.")
    return CommandResult()


def user_named(session: Session, name: str) -> Account:
    """Raises: CommandRefused."""
    everybody = accounts.accounts(session.account, session.store)
    found = next((each for each in everybody if each.username == name.casefold()), None)
    if found is None:
        raise CommandRefused(f"There is no user {name!r}. See them: python -m collector user list")
    return found


def _roles(grants: Iterable[Grant]) -> list[str]:
    return sorted({grant.role.value for grant in grants})
