"""`repo list`, `pause`, `resume`, `remove`: the repositories that are followed. Adding is in `repo_add.py`."""

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import click

from collector.commands.frame import Group, Outcome, Refused, Session, pass_session
from collector.commands.standing import COLUMNS, health_facts, health_row
from collector.discover import repository_names
from data.accounts import tenants
from data.accounts.models import Tenant
from data.calendar import utc_now
from data.repositories import repositories
from data.repositories.health import health
from data.repositories.models import Repository, RepositoryHealth, RepositoryState
from data.store import Store

NAMES = "OWNER/NAME..."
_NUMBER = re.compile(r"#([0-9]{1,9})")
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
    session.terminal.table(COLUMNS, _rows(found))
    return Outcome(
        {"repositories": [{"number": each.repository.repository_id, **health_facts(each)} for each in found]}
    )


def _rows(found: Sequence[RepositoryHealth]) -> Iterator[tuple[str, ...]]:
    """The repositories for people; where a tenant has two of one name, with the number that tells them apart."""
    names = Counter((each.tenant, each.repository.full_name.casefold()) for each in found)
    for each in found:
        tenant, name, *rest = health_row(each)
        is_double = names[each.tenant, each.repository.full_name.casefold()] > 1
        yield tenant, f"{name} #{each.repository.repository_id}" if is_double else name, *rest


@repo.command()
@click.argument("tenant")
@click.argument("names", metavar=NAMES, nargs=-1, required=True)
@pass_session
def pause(session: Session, tenant: str, names: tuple[str, ...]) -> Outcome:
    """Stop collecting repositories for a while; their history stays.

    GitHub forgets after 14 days: a longer pause leaves a gap. Where two repositories have one name, say which by the
    number that the list shows: '#12'.

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
    """The tenant's repositories of those names or numbers, each once, all of them or none.

    Raises: TenantRefused, RepositoryRefused, NameRefused.
    """
    viewer, store = session.viewer, session.store
    owner = tenants.tenant_named(viewer, store, tenant)
    found = [repositories.repository_named(viewer, store, owner.tenant_id, name) for name in wanted_names(names)]
    return list(dict.fromkeys(found))


def named(session: Session, found: Sequence[Repository], names: Sequence[str]) -> list[Repository]:
    """Those of the names or numbers, one of each tenant that follows it.

    Raises: Refused where one is not among them, RepositoryRefused where a tenant has two of a name, NameRefused.
    """
    owners = {each.tenant_id for each in found}
    chosen = {
        name: repositories.repositories_named(session.viewer, session.store, owners, name)
        for name in wanted_names(names)
    }
    unknown = [name for name, meant in chosen.items() if not meant]
    if unknown:
        raise Refused(f"{', '.join(unknown)}: not followed. See what is: python -m collector repo list")
    return list(dict.fromkeys(each for meant in chosen.values() for each in meant))


def wanted_names(typed: Sequence[str]) -> list[str]:
    """Numbers as they were typed, as in #12, and the repositories' names in all else. Raises: NameRefused."""
    numbers = [f"#{int(match[1])}" for each in typed if (match := _NUMBER.fullmatch(each.strip()))]
    return numbers + repository_names(each for each in typed if not _NUMBER.fullmatch(each.strip()))


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
        question = f"Type {each.full_name} to delete all that was collected of it (#{each.repository_id})"
        typed = click.prompt(question, err=True)
        if typed.strip().casefold() != each.full_name.casefold():
            raise Refused(f"That was not {each.full_name}. Nothing was deleted.")
