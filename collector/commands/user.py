"""`user …`: the app's users, for whoever has the server but cannot sign in."""

from collections.abc import Iterable

import click

from collector.commands.frame import Command, CommandRefused, CommandResult, Group, Session, pass_session
from data.accounts import accounts, invitations, sessions
from data.accounts.authority import COMMAND_LINE
from data.accounts.models import Grant
from data.calendar import utc_now


@click.group(cls=Group)
def user() -> None:
    """The app's users: see them, help them in, sign everybody out.

    \b
    Example:
      python -m collector user list
      python -m collector user reset NAME
    """


@user.command("list", cls=Command)
@pass_session
def list_users(session: Session) -> CommandResult:
    """List the users with their roles.

    \b
    Example:
      python -m collector user list
    """
    found = accounts.accounts(session.account, session.store)
    rows = [
        (each.username, each.display_name, "active" if each.active else "disabled", ", ".join(_roles(each.grants)))
        for each in found
    ]
    if rows:
        session.terminal.table(("USERNAME", "NAME", "STATE", "ROLES"), rows)
    else:
        session.terminal.say("There is no user yet. Start the app and follow the set-up.")
    facts = [{"username": each.username, "active": each.active, "roles": _roles(each.grants)} for each in found]
    return CommandResult({"users": facts})


@user.command(cls=Command)
@click.argument("name")
@pass_session
def reset(session: Session, name: str) -> CommandResult:
    """Make a one-time link with which a user chooses a new password. It is good for a day.

    \b
    Example:
      python -m collector user reset ada
    """
    everybody = accounts.accounts(session.account, session.store)
    found = next((each for each in everybody if each.username == name.casefold()), None)
    if found is None:
        raise CommandRefused(f"There is no user {name!r}. See them: python -m collector user list")
    secret = invitations.reset_password(session.store, COMMAND_LINE, found.user_id, utc_now())
    link = f"/?invitation={secret}"
    session.terminal.say(f"Give {found.username} this link, after the address of the app. It works once:")
    session.terminal.say(link)
    return CommandResult({"username": found.username, "link": link})


@user.command("sign-out-all", cls=Command)
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


def _roles(grants: Iterable[Grant]) -> list[str]:
    return sorted({grant.role.value for grant in grants})
