"""`repo list`, `pause`, `resume`, `remove`: the repositories that are followed. Adding is in `repo_add.py`."""

import shlex
from collections.abc import Callable, Sequence
from datetime import datetime

import click

from collector.commands.frame import Group, Outcome, Refused, Session, pass_session
from collector.commands.standing import COLUMNS, health_facts, health_row
from collector.discover import repository_names
from data import repositories, tenants
from data.calendar import utc_now
from data.health import health
from data.models import Repository, RepositoryState, Tenant
from data.store import Store

NAMES = "OWNER/NAME..."
Change = Callable[[Store, int, datetime], None]


@click.group(cls=Group, first=("add", "discover"))
def repo() -> None:
    """Repositories: follow, find, pause, remove.

    \b
    Example:
      python -m collector repo add acme octo/hello
      python -m collector repo list
    """


@repo.command(name="list")
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@pass_session
def list_repositories(session: Session, tenant: str | None) -> Outcome:
    """List what is followed: state, last collection, and the days until GitHub forgets something not stored yet.

    \b
    Example:
      python -m collector repo list
      python -m collector repo list --tenant acme
    """
    names = {each.tenant_id: each.name for each in chosen_tenants(session, tenant)}
    every = health(session.viewer, session.store, utc_now())
    found = [each for each in every if each.repository.tenant_id in names]
    found.sort(key=lambda each: (each.tenant.casefold(), each.repository.full_name.casefold()))
    if not found:
        session.terminal.say(what_to_follow(names))
        return Outcome({"repositories": []})
    session.terminal.table(COLUMNS, (health_row(each) for each in found))
    return Outcome({"repositories": [health_facts(each) for each in found]})


@repo.command()
@click.argument("tenant")
@click.argument("names", metavar=NAMES, nargs=-1, required=True)
@pass_session
def pause(session: Session, tenant: str, names: tuple[str, ...]) -> Outcome:
    """Stop collecting repositories for a while; their history stays.

    GitHub forgets after 14 days: a longer pause leaves a gap.

    \b
    Example:
      python -m collector repo pause acme octo/hello
    """
    return _changed(session, repositories.pause_repository, RepositoryState.PAUSED, followed(session, tenant, names))


@repo.command()
@click.argument("tenant")
@click.argument("names", metavar=NAMES, nargs=-1, required=True)
@pass_session
def resume(session: Session, tenant: str, names: tuple[str, ...]) -> Outcome:
    """Collect paused or removed repositories again.

    \b
    Example:
      python -m collector repo resume acme octo/hello
    """
    return _changed(session, repositories.resume_repository, RepositoryState.ACTIVE, followed(session, tenant, names))


@repo.command()
@click.argument("tenant")
@click.argument("names", metavar=NAMES, nargs=-1, required=True)
@click.option("--delete-data", is_flag=True, help="Delete all that was collected of them, for ever.")
@click.option("--yes", is_flag=True, help="Delete without asking to type the name.")
@pass_session
def remove(session: Session, tenant: str, names: tuple[str, ...], delete_data: bool, yes: bool) -> Outcome:
    """Stop following repositories. Their history stays, marked removed, unless --delete-data is given.

    \b
    Example:
      python -m collector repo remove acme octo/hello
      python -m collector repo remove acme octo/hello --delete-data
    """
    found = followed(session, tenant, names)
    if not delete_data:
        return _changed(session, repositories.remove_repository, RepositoryState.REMOVED, found)
    if not yes:
        _have_it_typed(found)
    for each in found:
        repositories.remove_repository_with_data(session.store, each.repository_id)
        session.terminal.say(f"{each.full_name}: deleted with all that was collected of it.")
    return Outcome({"deleted": [each.full_name for each in found]})


def chosen_tenants(session: Session, name: str | None) -> list[Tenant]:
    """The tenant of that name, or all. Raises: TenantRefused."""
    viewer = session.viewer
    if name is None:
        return tenants.tenants(viewer, session.store)
    return [tenants.tenant_named(viewer, session.store, name)]


def followed(session: Session, tenant: str, names: Sequence[str]) -> list[Repository]:
    """The tenant's repositories of those names, all of them or none. Raises: TenantRefused, RepositoryRefused."""
    viewer, store = session.viewer, session.store
    owner = tenants.tenant_named(viewer, store, tenant)
    wanted = repository_names(names)
    return [repositories.repository_named(viewer, store, owner.tenant_id, name) for name in wanted]


def named(found: Sequence[Repository], names: Sequence[str]) -> list[Repository]:
    """Those of the names, one of each tenant that follows it. Raises: Refused where a name is not among them."""
    wanted = {name.casefold() for name in names}
    chosen = [each for each in found if each.full_name.casefold() in wanted]
    missing = wanted - {each.full_name.casefold() for each in chosen}
    if missing:
        unknown = ", ".join(name for name in names if name.casefold() in missing)
        raise Refused(f"{unknown}: not followed. See what is: python -m collector repo list")
    return chosen


def what_to_follow(names: dict[int, str]) -> str:
    """What to do where nothing is followed yet."""
    if not names:
        return "There is no tenant yet. Add one: python -m collector tenant add NAME"
    tenant = shlex.quote(min(names.values())) if len(names) == 1 else "TENANT"
    return f"No repository is followed yet. Add some: python -m collector repo add {tenant} OWNER/NAME"


def _changed(session: Session, change: Change, state: RepositoryState, found: list[Repository]) -> Outcome:
    """Change those that are not so already, and say of each what it is now."""
    facts = []
    for each in found:
        if each.state is state:
            session.terminal.say(f"{each.full_name}: {state} already.")
        else:
            change(session.store, each.repository_id, utc_now())
            session.terminal.say(f"{each.full_name}: {state} now (it was {each.state}).")
        facts.append({"repository": each.full_name, "state": state.value, "was": each.state.value})
    session.terminal.say(_AFTERWARDS[state])
    return Outcome({"repositories": facts})


_AFTERWARDS = {
    RepositoryState.PAUSED: "Resumed within 13 days, no day is lost: python -m collector repo resume TENANT NAME",
    RepositoryState.ACTIVE: "The schedule collects it; at once: python -m collector collect",
    RepositoryState.REMOVED: "The history stays. To follow it again: python -m collector repo resume TENANT NAME",
}


def _have_it_typed(found: Sequence[Repository]) -> None:
    """Have the name of each typed before it is deleted. Raises: Refused; click.Abort where nobody is there."""
    for each in found:
        typed = click.prompt(f"Type {each.full_name} to delete all that was collected of it", err=True)
        if typed.strip().casefold() != each.full_name.casefold():
            raise Refused(f"That was not {each.full_name}. Nothing was deleted.")
