"""`group`: named sets of a tenant's repositories: add, list, change, remove."""

from collections.abc import Mapping

import click

from collector.commands.frame import CommandGroup, CommandRefused, CommandResult, Session, pass_session
from collector.commands.repo import NAMES
from collector.commands.selection import chosen_tenants, tracked
from data.accounts.authority import COMMAND_LINE
from data.accounts.tenants import tenant_named
from data.calendar import utc_now
from data.repositories import groups
from data.repositories.repositories import repositories
from data.text import counted


@click.group(cls=CommandGroup)
def group() -> None:
    """Groups of repositories: a product, a team. They can be chosen wherever repositories are.

    \b
    Example:
      python -m collector group add acme "Web shop" octo/hello octo/world
      python -m collector group list
    """


@group.command()
@click.argument("tenant")
@click.argument("name")
@click.argument("repositories", metavar=NAMES, nargs=-1, required=True)
@pass_session
def add(session: Session, tenant: str, name: str, repositories: tuple[str, ...]) -> CommandResult:
    """Make a group of repositories that a tenant tracks.

    \b
    Example:
      python -m collector group add acme "Web shop" octo/hello octo/world
    """
    owner = tenant_named(session.viewer, session.store, tenant)
    members = [each.repository_id for each in tracked(session, tenant, repositories)]
    added = groups.add_group(session.store, COMMAND_LINE, owner.tenant_id, name, members, now=utc_now())
    session.terminal.say(f"Added group {added.name} of {counted(len(members), 'repository')}.")
    return CommandResult(_facts(added, _names(session)))


@group.command(name="list")
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@pass_session
def list_groups(session: Session, tenant: str | None) -> CommandResult:
    """List the groups with their repositories.

    \b
    Example:
      python -m collector group list
      python -m collector group list --tenant acme
    """
    owners = {each.tenant_id for each in chosen_tenants(session, tenant)}
    found = [each for each in groups.groups(session.viewer, session.store) if each.tenant_id in owners]
    names = _names(session)
    rows = [(each.tenant, each.name, ", ".join(names[key] for key in each.repository_ids)) for each in found]
    nothing = "There is no group yet. Add one: python -m collector group add TENANT NAME OWNER/NAME..."
    session.terminal.table(("TENANT", "GROUP", "REPOSITORIES"), rows, nothing)
    return CommandResult({"groups": [_facts(each, names) for each in found]})


@group.command()
@click.argument("tenant")
@click.argument("name")
@click.option("--rename", metavar="NEW", help="Give it another name.")
@click.option("--add", "added", metavar="OWNER/NAME", multiple=True, help="Put a repository in; may be repeated.")
@click.option("--drop", "dropped", metavar="OWNER/NAME", multiple=True, help="Take a repository out; may be repeated.")
@pass_session
def change(
    session: Session, tenant: str, name: str, *, rename: str | None, added: tuple[str, ...], dropped: tuple[str, ...]
) -> CommandResult:
    """Rename a group, put repositories in, or take some out.

    \b
    Example:
      python -m collector group change acme "Web shop" --rename Shop
      python -m collector group change acme Shop --add octo/other --drop octo/world
    """
    if rename is None and not added and not dropped:
        raise CommandRefused("Say what to change: --rename, --add or --drop.")
    group = _group(session, tenant, name)
    new = [each.repository_id for each in tracked(session, tenant, added)]
    old = {each.repository_id for each in tracked(session, tenant, dropped)}
    if others := old - set(group.repository_ids):
        raise CommandRefused(f"{', '.join(_names(session)[key] for key in others)}: not in group {group.name}.")
    members = [key for key in dict.fromkeys((*group.repository_ids, *new)) if key not in old]
    if not members:
        raise CommandRefused("A group has at least one repository. To delete it: python -m collector group remove")
    changed = groups.change_group(
        session.store, COMMAND_LINE, group.group_id, group.name if rename is None else rename, members, now=utc_now()
    )
    session.terminal.say(f"Group {changed.name} has {counted(len(members), 'repository')} now.")
    return CommandResult(_facts(changed, _names(session)))


@group.command()
@click.argument("tenant")
@click.argument("name")
@pass_session
def remove(session: Session, tenant: str, name: str) -> CommandResult:
    """Delete a group. Its repositories stay.

    \b
    Example:
      python -m collector group remove acme "Web shop"
    """
    found = _group(session, tenant, name)
    groups.remove_group(session.store, COMMAND_LINE, found.group_id, utc_now())
    session.terminal.say(f"Deleted group {found.name}. Its repositories stay.")
    return CommandResult(_facts(found, _names(session)))


def _group(session: Session, tenant: str, name: str) -> groups.Group:
    owner = tenant_named(session.viewer, session.store, tenant)
    return groups.group_named(session.viewer, session.store, owner.tenant_id, name)


def _names(session: Session) -> Mapping[int, str]:
    return {each.repository_id: each.full_name for each in repositories(session.viewer, session.store)}


def _facts(group: groups.Group, names: Mapping[int, str]) -> dict[str, object]:
    return {"tenant": group.tenant, "group": group.name, "repositories": [names[key] for key in group.repository_ids]}
