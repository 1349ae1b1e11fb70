"""Which tenants and repositories a command is about, from the names that were typed."""

import re
import shlex
from collections.abc import Collection, Sequence

from collector.commands.frame import CommandRefused, Session
from collector.discovery import repository_names
from data.accounts import tenants
from data.accounts.models import Grant, Role, Tenant, Viewer
from data.repositories import repositories
from data.repositories.groups import groups
from data.repositories.models import Repository

_NUMBER = re.compile(r"#([0-9]{1,9})")


def chosen_tenants(session: Session, name: str | None) -> Sequence[Tenant]:
    """The tenant of that name, or all. Raises: TenantRefused."""
    viewer = session.viewer
    if name is None:
        return tenants.tenants(viewer, session.store)
    return [tenants.tenant_named(viewer, session.store, name)]


def viewer_of_tenant(session: Session, owners: Sequence[Tenant]) -> Viewer:
    """Who sees these tenants only, each as a whole."""
    tenant_ids = frozenset(each.tenant_id for each in owners)
    every = repositories.repositories(session.viewer, session.store)
    return Viewer(frozenset(each.repository_id for each in every if each.tenant_id in tenant_ids), tenant_ids)


def tracked(session: Session, tenant: str, names: Sequence[str]) -> list[Repository]:
    """The tenant's repositories of those names or numbers, each once, all of them or none.

    Raises: TenantRefused, RepositoryRefused, NameRefused.
    """
    viewer, store = session.viewer, session.store
    owner = tenants.tenant_named(viewer, store, tenant)
    found = [repositories.repository_named(viewer, store, owner.tenant_id, name) for name in wanted_names(names)]
    return list(dict.fromkeys(found))


def named(session: Session, found: Sequence[Repository], names: Sequence[str]) -> list[Repository]:
    """Those of the names or numbers, one of each tenant that tracks it.

    Raises: CommandRefused where one is not among them, RepositoryRefused where a tenant has two of a name, NameRefused.
    """
    owners = {each.tenant_id for each in found}
    chosen = {
        name: repositories.repositories_named(session.viewer, session.store, owners, name)
        for name in wanted_names(names)
    }
    unknown = [name for name, meant in chosen.items() if not meant]
    if unknown:
        raise CommandRefused(f"{', '.join(unknown)}: not tracked. See what is: python -m collector repo list")
    return list(dict.fromkeys(each for meant in chosen.values() for each in meant))


def chosen_place(session: Session, tenant: str | None, repository: str | None) -> Grant:
    """The tenant and the repository that were named, as the place of a repository's viewer; neither: nowhere.

    Raises: TenantRefused, CommandRefused, RepositoryRefused.
    """
    viewer, store = session.viewer, session.store
    tenant_id = None if tenant is None else tenants.tenant_named(viewer, store, tenant).tenant_id
    if repository is None:
        return Grant(Role.REPOSITORY_VIEWER, tenant_id)
    owners = {each.tenant_id for each in repositories.repositories(viewer, store)} if tenant_id is None else {tenant_id}
    found = repositories.repositories_named(viewer, store, owners, repository)
    if not found:
        raise CommandRefused(f"{repository} is not tracked. See what is: python -m collector repo list")
    if len(found) > 1:
        raise CommandRefused(f"Several tenants track {repository}. Name one with --tenant.")
    return Grant(Role.REPOSITORY_VIEWER, found[0].tenant_id, found[0].repository_id)


def members_of_groups(session: Session, tenant_ids: Collection[int], names: Sequence[str]) -> set[int]:
    """The repositories in these tenants' groups of those names. Raises: CommandRefused."""
    found = [each for each in groups(session.viewer, session.store) if each.tenant_id in tenant_ids]
    wanted = {" ".join(name.split()).casefold(): name for name in names}
    if unknown := wanted.keys() - {each.name.casefold() for each in found}:
        names_unknown = ", ".join(wanted[each] for each in sorted(unknown))
        raise CommandRefused(f"{names_unknown}: no such group. See them: python -m collector group list")
    return {key for each in found if each.name.casefold() in wanted for key in each.repository_ids}


def wanted_names(typed: Sequence[str]) -> list[str]:
    """Numbers as they were typed, as in #12, and the repositories' names in all else. Raises: NameRefused."""
    numbers = [f"#{int(match[1])}" for each in typed if (match := _NUMBER.fullmatch(each.strip()))]
    return numbers + repository_names(each for each in typed if not _NUMBER.fullmatch(each.strip()))


def what_to_track(names: dict[int, str]) -> str:
    if not names:
        return "There is no tenant yet. Add one: python -m collector tenant add NAME"
    tenant = shlex.quote(min(names.values())) if len(names) == 1 else "TENANT"
    return f"No repository is tracked yet. Add some: python -m collector repo add {tenant} OWNER/NAME"
