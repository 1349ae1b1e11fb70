"""What the fake GitHub holds: repositories, of whose days it shows a window, and tokens that may see some of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, auto

Series = Mapping[date, tuple[int, int]]
"""Count and uniques a day; a day that is not there had no traffic."""
Listing = tuple[datetime, list[tuple[str, int, int]]]
"""A top-10 list as it stands from a moment on: name, count and uniques of its entries."""


class Lack(Enum):
    """Why a token is refused, for one repository or for all."""

    PUSH = auto()
    ADMINISTRATION = auto()
    SAML = auto()
    CLASSIC_FORBIDDEN = auto()
    ADDRESS = auto()
    SUSPENDED = auto()


@dataclass(slots=True)
class Asset:
    """A file of a release, and how often it is downloaded each day after the release."""

    id: int
    name: str
    downloads: int = 0
    a_day: float = 0.0


@dataclass(slots=True)
class Release:
    """A release; not shown before it is published."""

    id: int
    tag: str
    published_at: datetime
    name: str | None = None
    draft: bool = False
    prerelease: bool = False
    assets: list[Asset] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Repository:
    """`publish_hour`: the UTC hour at which yesterday appears (4 to 15; None: another one each day).

    `late_days` appear a day later still. Without lists of its own, referrers and paths follow from the views.
    """

    id: int
    owner: str
    name: str
    views: Series = field(default_factory=dict)
    clones: Series = field(default_factory=dict)
    stars: Mapping[date, int] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)
    referrers: list[Listing] | None = None
    paths: list[Listing] | None = None
    created_at: datetime = datetime(2020, 1, 1, 12, tzinfo=UTC)
    private: bool = False
    archived: bool = False
    fork: bool = False
    forks: int = 3
    watchers: int = 2
    open_issues: int = 4
    language: str | None = None
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
    or app. GitHub has sent `expires_at` in UTC and in other zones (google/go-github#2649).
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

    def is_given(self, repository: Repository) -> bool:
        return self.repositories is None or repository.id in self.repositories

    def lacking(self, repository: Repository) -> Lack | None:
        return self.lacks.get(repository.id, self.lack)

    def may_push(self, repository: Repository) -> bool:
        return self.is_given(repository) and self.lacking(repository) is not Lack.PUSH

    def sees(self, repository: Repository) -> bool:
        if not repository.private:
            return True
        return self.is_given(repository) and (self.kind != "classic" or "repo" in self.scopes)

    def is_over(self, now: datetime) -> bool:
        return self.revoked or (self.expires_at is not None and self.expires_at <= now)

    def headers(self) -> dict[str, str]:
        """What GitHub says of the token beside each answer."""
        headers = {"x-oauth-scopes": ", ".join(self.scopes)} if self.kind == "classic" else {}
        if self.expires_at is not None:
            zone = timezone(timedelta(hours=self.expiry_zone_h or 0))
            form = "%Y-%m-%d %H:%M:%S UTC" if self.expiry_zone_h is None else "%Y-%m-%d %H:%M:%S %z"
            headers["github-authentication-token-expiration"] = self.expires_at.astimezone(zone).strftime(form)
        return headers


class World:
    """The repositories and tokens that there are. Changing them while the server runs is meant."""

    def __init__(self, repositories: Iterable[Repository] = (), tokens: Iterable[Token] = ()) -> None:
        self.repositories = {repository.id: repository for repository in repositories}
        self.tokens = {token.secret: token for token in tokens}
        self._ids = {repository.full_name.lower(): repository.id for repository in self.repositories.values()}

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

    def make_private(self, repository_id: int) -> None:
        self.repositories[repository_id].private = True

    def archive(self, repository_id: int) -> None:
        self.repositories[repository_id].archived = True

    def block(self, repository_id: int, reason: str = "dmca") -> None:
        """Closed by GitHub, for `dmca` or `tos`."""
        self.repositories[repository_id].blocked = reason

    def named(self, full_name: str) -> Repository | None:
        """The repository that has this name, or had it last."""
        return self.repositories.get(self._ids.get(full_name.lower(), 0))
