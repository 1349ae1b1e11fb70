"""`app`: the GitHub App with which tenants collect instead of tokens, its installations and its keys."""

import shlex
from pathlib import Path
from typing import Any

import click

from collector import installations
from collector.clock import SystemClock
from collector.commands.frame import CommandGroup, CommandRefused, CommandResult, Session, pass_session
from collector.discovery import parse_pattern
from collector.github_app import fetch_app
from data.accounts import github_app, tenants
from data.accounts.authority import COMMAND_LINE
from data.accounts.encryption import open_cipher
from data.accounts.github_app import AppRefused, GitHubApp, Installation
from data.calendar import utc_now
from data.text import counted

KEY_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(cls=CommandGroup)
def app() -> None:
    """The GitHub App: collects without tokens that somebody has to renew.

    \b
    Example:
      python -m collector app create --app-id 12345 --key-file traffic.private-key.pem
      python -m collector app give octo acme --track 'octo/*,!fork'
    """


@app.command()
@click.option("--app-id", type=click.IntRange(1), required=True, help="The App's id, as its page on GitHub shows it.")
@click.option("--key-file", type=KEY_FILE, required=True, help="The private key that GitHub gave, a .pem file.")
@pass_session
def create(session: Session, app_id: int, key_file: Path) -> CommandResult:
    """Store a GitHub App that was made by hand; the page Tenants makes one in a click.

    It needs the repository permissions Administration: read and Metadata: read (and Actions: read, where workflow runs
    are to be counted), nothing else, and no webhook. GitHub checks the key, then it is stored encrypted: the file can
    be deleted.

    \b
    Example:
      python -m collector app create --app-id 12345 --key-file traffic.private-key.pem
    """
    open_cipher(session.directory)  # a key that cannot be used is reported before GitHub is asked
    key = _key(key_file)
    facts = fetch_app(app_id, key)
    github_app.save_app(session.store, COMMAND_LINE, facts, key, utc_now())
    session.terminal.say(f"Stored the GitHub App {facts.name}. Its key is encrypted; delete {key_file}.")
    return _refreshed(session)


@app.command(name="list")
@pass_session
def list_app(session: Session) -> CommandResult:
    """Show the GitHub App with its keys, as GitHub lists them, and its installations as they were last known.

    \b
    Example:
      python -m collector app list
    """
    found = github_app.github_app(session.account, session.store)
    if found is None:
        session.terminal.say("There is no GitHub App. Make one on the page Tenants, or: python -m collector app create")
        return CommandResult({"app": None})
    session.terminal.say(f"{found.facts.name}, id {found.facts.app_id}, {found.facts.html_url}")
    for each in found.keys:
        session.terminal.say(f"Key {each.fingerprint}, stored {each.added_at:%Y-%m-%d}")
    return _shown(session, found)


@app.command(name="installations")
@pass_session
def list_installations(session: Session) -> CommandResult:
    """Ask GitHub where the App is installed and what each installation includes, and list it.

    \b
    Example:
      python -m collector app installations
    """
    return _refreshed(session)


@app.command()
@click.argument("installation")
@click.argument("tenant", required=False)
@click.option("--track", metavar="PATTERN", help="Track new repositories that this means, as 'octo/*,!fork'.")
@click.option("--no-track", is_flag=True, help="Track no new repositories by themselves.")
@click.option("--nobody", is_flag=True, help="Take the installation back from its tenant.")
@pass_session
def give(session: Session, /, installation: str, tenant: str | None, **options: Any) -> CommandResult:
    """Have a tenant collect with an INSTALLATION, named by its account or number.

    With --track, repositories that the installation includes and the pattern means are tracked, and new ones as they
    come. What was paused or removed stays so.

    \b
    Example:
      python -m collector app give octo acme
      python -m collector app give octo acme --track 'octo/*,!fork'
      python -m collector app give octo --nobody
    """
    rule, no_track, nobody = options["track"], options["no_track"], options["nobody"]
    if (tenant is None) is not nobody or (rule is not None and (no_track or nobody)):
        raise CommandRefused("Say the tenant, or --nobody; and of --track and --no-track one at most.")
    if rule is not None:
        parse_pattern(rule)
    given, now = _installation(session, installation), utc_now()
    owner = None if tenant is None else tenants.tenant_named(session.viewer, session.store, tenant)
    key = given.installation_id
    if (owner.tenant_id if owner else None) != given.tenant_id:
        github_app.give_installation(session.store, COMMAND_LINE, key, owner.tenant_id if owner else None, now)
    if rule is not None or no_track:
        github_app.save_tracking_rule(session.store, COMMAND_LINE, key, rule, now)
    session.terminal.say(
        f"{owner.name} collects with the installation of {given.account} now."
        if owner
        else f"Nobody collects with the installation of {given.account} now."
    )
    result = _refreshed(session)
    if owner and rule is None:
        name = shlex.quote(owner.name)
        session.terminal.say(f"Next: python -m collector repo discover {name} '{given.account}/*,!fork' --add")
    return result


@app.command()
@click.option("--key-file", type=KEY_FILE, help="Another private key of the same App: it comes before the present one.")
@click.option("--forget", metavar="FINGERPRINT", help="Forget this key, once it is deleted on GitHub.")
@pass_session
def key(session: Session, key_file: Path | None, forget: str | None) -> CommandResult:
    """Exchange the App's private key without a gap: two are alive meanwhile.

    Generate a second key on the App's page on GitHub, store it here, then delete the former one on GitHub and have it
    forgotten here.

    \b
    Example:
      python -m collector app key --key-file new.private-key.pem
      python -m collector app key --forget SHA256:47DEQpj8HBSa...
    """
    if (key_file is None) is (forget is None):
        raise CommandRefused("Say --key-file FILE, or --forget FINGERPRINT as `app list` shows it.")
    if key_file is not None:
        text, present = _key(key_file), _app(session)
        fetch_app(present.facts.app_id, text)
        github_app.save_app_key(session.store, COMMAND_LINE, text, utc_now())
    else:
        github_app.remove_app_key(session.store, COMMAND_LINE, forget or "", utc_now())
    marks = [each.fingerprint for each in _app(session).keys]
    session.terminal.say(f"Keys now, the first one is used: {', '.join(marks)}")
    return CommandResult({"keys": marks})


@app.command()
@click.option("--yes", is_flag=True, help="Without being asked.")
@pass_session
def remove(session: Session, yes: bool) -> CommandResult:
    """Forget the App with its keys and installations. What was collected stays; on GitHub nothing is changed.

    \b
    Example:
      python -m collector app remove --yes
    """
    present = _app(session)
    if not yes:
        click.confirm(
            f"Forget {present.facts.name}? Tenants without a token collect nothing then", abort=True, err=True
        )
    github_app.remove_app(session.store, COMMAND_LINE, utc_now())
    session.terminal.say(f"Forgot {present.facts.name}. On GitHub it is still there: {present.facts.html_url}")
    return CommandResult({"removed": present.facts.slug})


def _key(path: Path) -> str:
    try:
        text = path.read_bytes()[: github_app.LONGEST_KEY].decode("ascii", "replace")
    except OSError as error:
        raise CommandRefused(f"{path} cannot be read: {error.strerror}.") from error
    github_app.fingerprint(text)
    return text


def _app(session: Session) -> GitHubApp:
    found = github_app.github_app(session.account, session.store)
    if found is None:
        raise AppRefused("There is no GitHub App. Store one: python -m collector app create")
    return found


def _installation(session: Session, typed: str) -> Installation:
    """The installation of that account or number; asked of GitHub where it is not known yet."""
    for attempt in range(2):
        for each in _app(session).installations:
            if typed.casefold() in {each.account.casefold(), str(each.installation_id)}:
                return each
        if not attempt:
            _refresh(session)
    raise CommandRefused(
        f"The GitHub App is not installed on {typed!r}. Install it: {_app(session).facts.html_url}/installations/new"
    )


def _refresh(session: Session) -> list[str]:
    warnings = installations.refresh(session.store, session.settings, SystemClock())
    for sentence in warnings:
        session.terminal.warn(sentence)
    return warnings


def _refreshed(session: Session) -> CommandResult:
    _app(session)
    warnings = _refresh(session)
    result = _shown(session, _app(session))
    return CommandResult({**result.facts, "warnings": warnings})


def _shown(session: Session, app: GitHubApp) -> CommandResult:
    names = {each.tenant_id: each.name for each in tenants.tenants(session.viewer, session.store)}
    rows = [
        (
            str(each.installation_id),
            each.account,
            names.get(each.tenant_id or 0, "nobody"),
            each.state.replace("_", " "),
            each.selection,
            f"{each.repositories:,}",
            each.rule or "what is added",
        )
        for each in app.installations
    ]
    columns = ("INSTALLATION", "ACCOUNT", "TENANT", "STATE", "SELECTION", ">REPOSITORIES", "TRACKS")
    nothing = f"It is installed nowhere yet. Install it: {app.facts.html_url}/installations/new"
    session.terminal.table(columns, rows, nothing)
    if rows:
        session.terminal.say(f"{counted(len(rows), 'installation')}.")
    for each in app.installations:
        if each.to_do:
            session.terminal.warn(each.to_do)
        elif each.tenant_id is None:
            account = shlex.quote(each.account)
            session.terminal.say(f"{each.account} is no tenant's yet: python -m collector app give {account} TENANT")
    facts = [
        {
            "installation_id": each.installation_id,
            "account": each.account,
            "tenant": names.get(each.tenant_id or 0),
            "state": each.state.value,
            "selection": each.selection,
            "repositories": each.repositories,
            "track": each.rule,
        }
        for each in app.installations
    ]
    app_facts = {"app_id": app.facts.app_id, "slug": app.facts.slug, "html_url": app.facts.html_url}
    return CommandResult({"app": app_facts, "installations": facts})
