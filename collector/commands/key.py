"""`key rotate`: the key that encrypts the stored tokens."""

import click

from collector.commands.frame import Command, CommandResult, Group, Session, pass_session
from collector.commands.terminal import counted
from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import KEY_VARIABLE
from data.accounts.tokens import rotate_key
from data.calendar import utc_now


@click.group(cls=Group)
def key() -> None:
    """The key that encrypts the stored tokens.

    \b
    Example:
      python -m collector key rotate
    """


@key.command(cls=Command)
@pass_session
def rotate(session: Session) -> CommandResult:
    """Seal every stored token with a new key. The app and the timer go on meanwhile.

    Backups made before open with the former key only: keep it with them, or make a new backup.

    \b
    Example:
      python -m collector key rotate
    """
    rotation = rotate_key(session.store, COMMAND_LINE, utc_now())
    session.terminal.say(f"The key is a new one now; {counted(rotation.tokens, 'token')} encrypted again.")
    if not rotation.former_key_dropped:
        session.terminal.say(f"Take the former key out of {KEY_VARIABLE} now, and restart the app and the timer.")
    return CommandResult({"tokens": rotation.tokens, "former_key_dropped": rotation.former_key_dropped})
