"""The tokens that the simulated GitHub knows, and what each may."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum


class Lack(StrEnum):
    """Why a token is refused, for one repository or for all."""

    PUSH = "no push access"
    ADMINISTRATION = "no Administration: read"
    METADATA_ONLY = "Metadata: read and nothing else"
    SAML = "not authorised for the organization's single sign-on"
    CLASSIC_FORBIDDEN = "the organization forbids classic tokens"
    ADDRESS = "outside the organization's IP allow list"
    SUSPENDED = "the installation is suspended"


@dataclass(slots=True, eq=False)
class Token:
    """`repositories`: the ids that it was given; None means every repository there is.

    A public repository outside of them can be looked at, but its traffic is refused; a private one is not there.
    `lacks` names what is missing for single repositories, `lack` for all of them.
    """

    secret: str = field(repr=False)
    login: str = "maintainer"
    owner_id: int = 1001
    kind: str = "classic"
    scopes: tuple[str, ...] = ("repo",)
    repositories: frozenset[int] | None = None
    lack: Lack | None = None
    lacks: Mapping[int, Lack] = field(default_factory=dict)
    expires_at: datetime | None = None
    expiry_zone_h: int | None = None
    revoked: bool = False

    def sees(self, repository_id: int) -> bool:
        """Whether the repository is one of those that the token was given."""
        return self.repositories is None or repository_id in self.repositories

    def lacking(self, repository_id: int) -> Lack | None:
        """What is missing for this repository."""
        return self.lacks.get(repository_id, self.lack)

    def is_over(self, now: datetime) -> bool:
        """Whether the token is revoked or has expired."""
        return self.revoked or (self.expires_at is not None and self.expires_at <= now)

    def expiry_header(self) -> str | None:
        """In UTC, or with the offset of a zone: GitHub has sent both forms (google/go-github#2649)."""
        if self.expires_at is None:
            return None
        if self.expiry_zone_h is None:
            return self.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        zone = timezone(timedelta(hours=self.expiry_zone_h))
        return self.expires_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %z")
