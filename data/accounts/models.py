"""Who may see what: users, their grants, tenants, and the viewer that every reader takes first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, as the ids of the repositories and tenants that they may see. Every reader takes one first.

    A repository that is seen twice, since two tenants track it, is counted once: `repository_ids` has the one that
    knows more days, and `uncounted` each other one with the one that stands for it. A guest has a share link instead of
    an account, and sees no notes.
    """

    repository_ids: frozenset[int]
    tenant_ids: frozenset[int]
    uncounted: frozenset[tuple[int, int]] = frozenset()
    is_guest: bool = False

    def values(self) -> dict[str, list[int]]:
        """What a statement is given of it: `$visible` and `$tenant_ids`."""
        return {"visible": sorted(self.repository_ids), "tenant_ids": sorted(self.tenant_ids)}

    def of_each_tenant(self) -> "Viewer":
        """The same with the uncounted ones: for what is done or shown for one tenant."""
        if not self.uncounted:  # spares a set of 10,000, as a part of every key
            return self
        every = self.repository_ids | {each for each, _ in self.uncounted}
        return replace(self, repository_ids=every, uncounted=frozenset())

    def counted(self, repository_id: int) -> int:
        """The repository that stands for this one, which is mostly itself."""
        return self.counted_each([repository_id])[0]

    def counted_each(self, repository_ids: Iterable[int]) -> list[int]:
        """The repository that stands for each of these."""
        by = dict(self.uncounted)
        return [by.get(each, each) for each in repository_ids]

    def counted_with(self, repository_id: int) -> frozenset[int]:
        """This repository and those for which it stands."""
        return frozenset({repository_id, *(each for each, by in self.uncounted if by == repository_id)})


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant; `schedule` is 'daily', 'weekly' or a cron expression (UTC)."""

    tenant_id: int
    name: str
    schedule: str
    active: bool
    reads_actions: bool = False  # counts workflow runs, where GitHub lets it


class Role(StrEnum):
    """What a user may be granted; each but the first two for a tenant or a repository."""

    ADMIN = "admin"
    MAINTAINER = "maintainer"
    TENANT = "tenant"
    TENANT_VIEWER = "tenant_viewer"
    REPOSITORY_VIEWER = "repository_viewer"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, with the tenant that it is for, and for a repository viewer the repository.

    The tenant of a repository viewer may be left out: it is the repository's.
    """

    role: Role
    tenant_id: int | None = None
    repository_id: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A user with the grants of the moment it was read; what they may see is `data.accounts.grants.viewer_of`."""

    user_id: int
    username: str
    display_name: str
    email: str | None
    active: bool
    grants: tuple[Grant, ...]

    @property
    def is_command_line(self) -> bool:
        """Whether this is nobody's account, but whoever may run commands on the server: see authority.acting."""
        return self.user_id == 0

    def has_email(self, address: str) -> bool:
        return self.email is not None and self.email.casefold() == address.casefold()

    def has(self, role: Role) -> bool:
        return any(grant.role == role for grant in self.grants)

    @property
    def is_active_admin(self) -> bool:
        return self.active and self.has(Role.ADMIN)

    @property
    def may_collect_everything(self) -> bool:
        """Whether the collections of all tenants are this user's to read of and to start."""
        return self.is_active_admin or (self.active and self.has(Role.MAINTAINER))

    def manages(self, tenant_id: int | None) -> bool:
        """Whether the tenant's repositories, tokens and viewers are this user's to manage, by the role tenant."""
        managed = {grant.tenant_id for grant in self.grants if grant.role == Role.TENANT}
        return tenant_id is not None and (self.is_command_line or tenant_id in managed)
