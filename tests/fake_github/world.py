"""What the fake GitHub holds: repositories, of whose days it shows a window, and tokens that may see some of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, NamedTuple

Series = Mapping[date, tuple[int, int]]
"""Count and uniques a day; a day that is not there had no traffic."""
Listing = tuple[datetime, list[tuple[str, int, int]]]
"""A top-10 list as it stands from a moment on: name, count and uniques of its entries."""

Lack = Enum("Lack", "PUSH ADMINISTRATION ACTIONS SAML CLASSIC_FORBIDDEN ADDRESS SUSPENDED")
"""Why a token is refused, for one repository or for all."""


class Asset(NamedTuple):
    """A file of a release, and how often it is downloaded each day after the release."""

    id: int
    name: str
    downloads: int = 0
    a_day: float = 0.0


class Release(NamedTuple):
    """A release; not shown before it is published."""

    id: int
    tag: str
    published_at: datetime
    assets: Sequence[Asset] = ()


@dataclass(slots=True, eq=False)
class Repository:
    """`publish_hour`: the UTC hour at which yesterday appears (4 to 15; None: another one each day).

    `late_days` appear a day later still. `runs`: workflow runs a day, which make `checkouts` in turn. `blocked`: GitHub
    has closed it, for `dmca` or `tos`.
    """

    id: int
    owner: str
    name: str
    views: Series = field(default_factory=dict)
    clones: Series = field(default_factory=dict)
    stars: Mapping[date, int] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)
    referrers: list[Listing] = field(default_factory=list)
    paths: list[Listing] = field(default_factory=list)
    runs: Mapping[date, int] = field(default_factory=dict)
    checkouts: Sequence[int] = (1,)
    created_at: datetime = datetime(2020, 1, 1, 12, tzinfo=UTC)
    private: bool = False
    archived: bool = False
    fork: bool = False
    forks: int = 3
    watchers: int = 2
    open_issues: int = 4
    publish_hour: int | None = 4
    late_days: frozenset[date] = frozenset()
    blocked: str | None = None

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(slots=True, eq=False)
class Token:
    """`repositories`: the ids that it was given; None means every repository there is.

    A public repository outside of them can be looked at, but its traffic is refused; a private one is not there.
    `lacks` names what is missing for single repositories, `lack` for all of them. `kind` is classic, fine_grained
    or app.
    """

    secret: str = field(repr=False)
    login: str = "maintainer"
    owner_id: int | None = 1001
    kind: str = "classic"
    scopes: tuple[str, ...] = ("repo",)
    repositories: frozenset[int] | None = None
    lack: Lack | None = None
    lacks: Mapping[int, Lack] = field(default_factory=dict)
    expires_at: datetime | None = None
    revoked: bool = False

    def is_given(self, repository: Repository) -> bool:
        return self.repositories is None or repository.id in self.repositories

    def lacking(self, repository: Repository) -> Lack | None:
        return self.lacks.get(repository.id, self.lack)

    def may_push(self, repository: Repository) -> bool:
        return self.is_given(repository) and self.lacking(repository) is not Lack.PUSH

    def sees(self, repository: Repository) -> bool:
        may = self.kind != "classic" or "repo" in self.scopes
        return not repository.private or (may and self.is_given(repository))

    def headers(self) -> dict[str, str]:
        headers = {"x-oauth-scopes": ", ".join(self.scopes)} if self.kind == "classic" else {}
        if self.expires_at is not None:
            headers["github-authentication-token-expiration"] = f"{self.expires_at:%Y-%m-%d %H:%M:%S UTC}"
        return headers


NOBODY = Token("", owner_id=None, kind="none", repositories=frozenset())  # who asks without a token


class World:
    """The repositories and tokens that there are. Changing them while the server runs is meant."""

    def __init__(self, repositories: Iterable[Repository] = (), tokens: Iterable[Token] = ()) -> None:
        self.tokens = {token.secret: token for token in tokens}
        self.repositories: dict[int, Repository] = {}
        self.app: object = None  # an apps.App
        self.codes: dict[str, Any] = {}  # with which an App that was just made may be fetched once
        self._ids: dict[str, int] = {}
        for repository in repositories:
            self.add(repository)

    def add(self, repository: Repository) -> None:
        """A new repository; its name may be one that another had before."""
        self.repositories[repository.id] = repository
        self._ids[repository.full_name.lower()] = repository.id

    def add_token(self, token: Token) -> None:
        self.tokens[token.secret] = token

    def rename(self, repository_id: int, full_name: str) -> None:
        """Rename or transfer: the old name leads to the repository until another takes it."""
        repository = self.repositories[repository_id]
        repository.owner, repository.name = full_name.split("/")
        self._ids[full_name.lower()] = repository_id

    def delete(self, repository_id: int) -> None:
        del self.repositories[repository_id]

    def named(self, full_name: str) -> Repository | None:
        """The repository that has this name, or had it last."""
        return self.repositories.get(self._ids.get(full_name.lower(), 0))
