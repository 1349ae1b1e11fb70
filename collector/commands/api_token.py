"""`api-token …`: the tokens with which programs ask in a user's name."""

from datetime import timedelta

import click

from collector.commands.frame import CommandGroup, CommandRefused, CommandResult, Session, pass_session
from collector.commands.selection import chosen_place
from collector.commands.user import user_named
from data.accounts import api_tokens
from data.accounts.authority import COMMAND_LINE
from data.calendar import utc_now


@click.group("api-token", cls=CommandGroup)
def api_token() -> None:
    """Tokens for programs, which read what a user may see.

    \b
    Example:
      python -m collector api-token add ada --name grafana
      python -m collector api-token list
    """


@api_token.command()
@click.argument("user")
@click.option("--name", required=True, metavar="NAME", help="Where it is used.")
@click.option("--days", default=api_tokens.USUAL.days, show_default=True, help="After so many days it ends.")
@click.option("--tenant", metavar="NAME", help="For this tenant only.")
@click.option("--repository", metavar="OWNER/NAME", help="For this repository only; #12 names it by its number.")
@pass_session
def add(
    session: Session, /, user: str, *, name: str, days: int, tenant: str | None, repository: str | None
) -> CommandResult:
    """Make a token for a user. It is printed once; only its hash is kept.

    \b
    Example:
      python -m collector api-token add ada --name grafana --days 30
      python -m collector api-token add ada --name readme --tenant acme --repository octo/hello
    """
    owner = user_named(session, user)
    place = chosen_place(session, tenant, repository)
    new = api_tokens.NewToken(
        name,
        timedelta(days=min(max(days, 0), 100_000)),
        place.tenant_id if repository is None else None,
        place.repository_id,
    )
    secret = api_tokens.add_api_token(session.store, COMMAND_LINE, owner.user_id, new, utc_now())
    session.terminal.say(f"The token of {owner.username}. It is shown only now:")
    click.echo(secret)
    return CommandResult({"username": owner.username, "name": name, "token": secret})


@api_token.command("list")
@pass_session
def list_tokens(session: Session) -> CommandResult:
    """List the tokens and data links that have not expired, without their secrets.

    \b
    Example:
      python -m collector api-token list
    """
    listed = api_tokens.api_tokens(session.account, session.store, utc_now())
    rows = [
        (
            f"#{each.token_id}",
            each.username,
            each.name,
            each.target or _scope(each),
            f"{each.expires_at:%Y-%m-%d}",
            "never" if each.last_used_at is None else f"{each.last_used_at:%Y-%m-%d}",
        )
        for each in listed
    ]
    nothing = "There is no token. Make one: python -m collector api-token add USER --name NAME"
    session.terminal.table(("TOKEN", "USER", "NAME", "FOR", "EXPIRES", "USED"), rows, nothing)
    facts = [
        {
            "token": each.token_id,
            "username": each.username,
            "name": each.name,
            "tenant_id": each.tenant_id,
            "repository_id": each.repository_id,
            "target": each.target,
            "expires_at": each.expires_at,
            "last_used_at": each.last_used_at,
        }
        for each in listed
    ]
    return CommandResult({"tokens": facts})


@api_token.command()
@click.argument("number")
@pass_session
def revoke(session: Session, number: str) -> CommandResult:
    """End a token or data link at once, by its number.

    \b
    Example:
      python -m collector api-token revoke 3
    """
    digits = number.removeprefix("#")
    if not digits.isdecimal() or len(digits) > 9:
        raise CommandRefused(f"{number!r} is no token's number. See them: python -m collector api-token list")
    api_tokens.revoke_api_token(session.store, COMMAND_LINE, int(digits), utc_now())
    session.terminal.say(f"Token #{digits} is revoked.")
    return CommandResult({"token": int(digits)})


def _scope(token: api_tokens.ApiToken) -> str:
    if token.repository_id is not None:
        return f"repository {token.repository_id}"
    return "everything" if token.tenant_id is None else f"tenant {token.tenant_id}"
