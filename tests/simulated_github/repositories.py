"""A repository of the simulation: everything that is true of it, of which GitHub shows a small window."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol, runtime_checkable

Reading = tuple[int, int]
"""Count and uniques of a day."""
Series = Mapping[date, Reading]
"""Readings a day; a day that is not there had no traffic."""


@dataclass(frozen=True, slots=True)
class Stats:
    """The counters of a day that are no traffic; stars are counted apart."""

    forks: int = 3
    subscribers: int = 2
    open_issues: int = 4
    size: int = 108


@dataclass(slots=True)
class Asset:
    """A file of a release: `downloads` at the start, and so many more each day after the release."""

    id: int
    name: str
    downloads: int = 0
    a_day: float = 0.0
    size: int = 1024


@dataclass(slots=True)
class Release:
    """A release; one with a later `published_at` than the clock is not yet shown."""

    id: int
    tag: str
    published_at: datetime
    name: str | None = None
    draft: bool = False
    prerelease: bool = False
    assets: list[Asset] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a top-10 list: a referrer (no title) or a path."""

    name: str
    count: int
    uniques: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A top-10 list as it stands from this moment on."""

    since: datetime
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Why GitHub has closed a repository: `dmca` (451) or `tos` (403)."""

    reason: str
    created_at: str = "2026-03-02T12:00:00Z"
    html_url: str = "https://github.com/tos"


@runtime_checkable
class CountsUntil(Protocol):
    """Stars a day that know their own sum."""

    def until(self, day: date) -> int:
        """All stars given up to this day."""


@dataclass(slots=True, eq=False)
class Repository:
    """`publish_hour`: the UTC hour at which yesterday appears (4 to 15; None: another one each day).

    `late_days` appear a day later still. Without snapshots of its own, the top-10 lists follow from the series.
    """

    id: int
    owner: str
    name: str
    views: Series = field(default_factory=dict)
    clones: Series = field(default_factory=dict)
    stars: Mapping[date, int] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)
    stats: Stats | Callable[[date], Stats] = field(default_factory=Stats)
    referrers: list[Snapshot] | None = None
    paths: list[Snapshot] | None = None
    created_at: datetime = datetime(2020, 1, 1, 12, tzinfo=UTC)
    private: bool = False
    archived: bool = False
    fork: bool = False
    owner_type: str = "Organization"
    description: str | None = None
    language: str | None = None
    publish_hour: int | None = 4
    late_days: frozenset[date] = frozenset()
    block: Block | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """Owner and name, as GitHub writes them."""
        return f"{self.owner}/{self.name}"

    def stats_on(self, day: date) -> Stats:
        """The counters of a day."""
        return self.stats(day) if callable(self.stats) else self.stats

    def stars_until(self, day: date) -> int:
        """All stars up to a day."""
        if isinstance(self.stars, CountsUntil):
            return self.stars.until(day)
        return sum(gained for given, gained in self.stars.items() if given <= day)
