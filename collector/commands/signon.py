"""`signon …`: signing in with the organization: who is let in, which roles groups give, passwords on and off."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import click

from collector.commands.frame import CommandGroup, CommandRefused, CommandResult, Session, pass_session
from collector.commands.selection import chosen_place
from data.accounts import sign_on
from data.accounts.authority import COMMAND_LINE
from data.accounts.grants import described
from data.accounts.models import Role
from data.accounts.sign_on import NewSignOnRule, RuleKind, SignOnRule
from data.accounts.tenants import tenants
from data.calendar import utc_now


@click.group(cls=CommandGroup)
def signon() -> None:
    """Signing in with the organization: whom it lets in, which roles its groups give, and whether passwords do too.

    The provider itself is set up in .streamlit/secrets.toml.

    \b
    Example:
      python -m collector signon add-domain example.org --role tenant_viewer --tenant acme
      python -m collector signon add-group platform-team --role tenant --tenant acme
      python -m collector signon passwords off
    """


def rule_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What both kinds of rules say: the role with its place, and the provider."""
    for option in (
        click.option("--issuer", metavar="URL", help="The provider.  [default: the one last used to sign in]"),
        click.option("--repository", metavar="OWNER/NAME", help="The repository of a repository_viewer."),
        click.option("--tenant", metavar="NAME", help="The tenant that the role is for."),
        click.option(
            "--role", required=True, type=click.Choice([each.value for each in Role]), help="What they may do."
        ),
    ):
        function = option(function)
    return function


@signon.command("add-domain")
@click.argument("domain")
@rule_options
@click.option("--subdomains", is_flag=True, help="Let the addresses of its sub-domains in too.")
@pass_session
def add_domain(session: Session, /, domain: str, *, subdomains: bool, **place: str | None) -> CommandResult:
    """Let the verified e-mail addresses of a DOMAIN in: the first sign-in makes a user with that role.

    Only addresses that the provider has verified count (email_verified), and no sub-domain unless that is said.

    \b
    Example:
      python -m collector signon add-domain example.org --role tenant_viewer --tenant acme
    """
    rule = replace(_rule(session, RuleKind.DOMAIN, domain, place), subdomains=subdomains)
    return _added(session, sign_on.add_rule(session.store, COMMAND_LINE, rule, utc_now()))


@signon.command("add-group")
@click.argument("group")
@rule_options
@click.option("--claim", metavar="NAME", default=sign_on.CLAIM, show_default=True, help="The claim that lists groups.")
@click.option("--let-in", is_flag=True, help="Members who have no user get one at their first sign-in.")
@click.option("--allow-admin", is_flag=True, help="Needed with --role admin: the provider then says who is admin.")
@pass_session
def add_group(
    session: Session, /, group: str, *, claim: str, let_in: bool, allow_admin: bool, **place: str | None
) -> CommandResult:
    """Give the members of a GROUP of the provider a role, for as long as they are in it.

    The claim is read at each sign-in: who is not in the group any more loses the role, unless somebody has given it by
    hand. A claim inside another is written with dots, as realm_access.roles.

    \b
    Example:
      python -m collector signon add-group platform-team --role tenant --tenant acme
      python -m collector signon add-group traffic-admins --role admin --allow-admin
    """
    rule = replace(_rule(session, RuleKind.GROUP, group, place), claim=claim, lets_in=let_in)
    number = sign_on.add_rule(session.store, COMMAND_LINE, rule, utc_now(), may_make_admins=allow_admin)
    return _added(session, number)


@signon.command(name="list")
@pass_session
def list_rules(session: Session) -> CommandResult:
    """List whom the organization lets in, which roles its groups give, and whether passwords are on.

    \b
    Example:
      python -m collector signon list
    """
    found, are_on = sign_on.rules(session.account, session.store), sign_on.passwords_open(session.store)
    session.terminal.say(f"Passwords are {'on' if are_on else 'off'}.")
    rows = (_row(each, _tenant_names(session)) for each in found)
    nothing = "No domain is let in, and no group gives a role: users are invited."
    session.terminal.table(("RULE", "WHO", "ROLE", "TENANT", "GETS A USER", "ISSUER"), rows, nothing)
    return CommandResult({"passwords": are_on, "rules": [_facts(each) for each in found]})


@signon.command()
@click.argument("number")
@pass_session
def remove(session: Session, number: str) -> CommandResult:
    """Lift a rule, by its number in `signon list`.

    The roles that a group gave are taken away at once; users whom a domain has let in stay as they are.

    \b
    Example:
      python -m collector signon remove 3
    """
    if not number.isdecimal():
        raise CommandRefused(f"{number!r} is no rule's number. See them: python -m collector signon list")
    sign_on.remove_rule(session.store, COMMAND_LINE, int(number), utc_now())
    session.terminal.say(f"Rule {number} is lifted.")
    return CommandResult({"rule": int(number)})


@signon.command()
@click.argument("state", type=click.Choice(["on", "off"]))
@pass_session
def passwords(session: Session, state: str) -> CommandResult:
    """Let people sign in with passwords, or with the organization only.

    They are switched off only once an admin has signed in with the organization. Open sessions and API tokens go on.
    Here is also the way back, should the provider be gone.

    \b
    Example:
      python -m collector signon passwords off
    """
    sign_on.switch_passwords(session.store, COMMAND_LINE, utc_now(), on=state == "on")
    session.terminal.say(f"Passwords are {state}.")
    unlinked = sign_on.unlinked(session.account, session.store)
    if state == "off" and unlinked:
        session.terminal.say(f"Not linked with the organization yet: {', '.join(unlinked)}.")
        session.terminal.say("A sign-in link for each: python -m collector user reset NAME")
    return CommandResult({"passwords": state == "on", "unlinked": list(unlinked)})


def _rule(session: Session, kind: RuleKind, value: str, given: Mapping[str, str | None]) -> NewSignOnRule:
    """What the options of both kinds say. Raises: CommandRefused, and as chosen_place."""
    known = sign_on.known_issuer(session.account, session.store)
    if not given["issuer"] and not known:
        raise CommandRefused(
            "Nobody has signed in with the organization yet, so its issuer is not known. Say it with --issuer, as "
            "`issuer` stands in the provider's .well-known/openid-configuration."
        )
    granted = replace(chosen_place(session, given["tenant"], given["repository"]), role=Role(given["role"] or ""))
    return NewSignOnRule(kind, given["issuer"] or known, value, granted)


def _added(session: Session, number: int) -> CommandResult:
    (added,) = (each for each in sign_on.rules(session.account, session.store) if each.rule_id == number)
    _, who, role, place, *_ = _row(added, _tenant_names(session))
    session.terminal.say(f"Rule {number}, from the next sign-in on: {who}: {role}{' of ' * bool(place)}{place}.")
    return CommandResult(_facts(added))


def _tenant_names(session: Session) -> dict[int, str]:
    return {each.tenant_id: each.name for each in tenants(session.viewer, session.store)}


def _row(rule: SignOnRule, names: dict[int, str]) -> tuple[str, ...]:
    who = rule.value if rule.kind is RuleKind.GROUP else f"@{rule.value}"
    who += f" (claim {rule.claim})" if rule.claim else " and sub-domains" if rule.subdomains else ""
    place = names.get(rule.grant.tenant_id or 0, "")
    return (str(rule.rule_id), who, rule.grant.role.value, place, "yes" if rule.lets_in else "no", rule.issuer)


def _facts(rule: SignOnRule) -> dict[str, Any]:
    kept = ("rule_id", "issuer", "claim", "subdomains", "lets_in")
    facts = {name: getattr(rule, name) for name in kept}
    return {"kind": rule.kind.value, "value": rule.value, "grant": described(rule.grant)} | facts
