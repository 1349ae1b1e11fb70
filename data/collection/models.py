"""What GitHub answered, and how the log tells it. Moments are aware and UTC; None means unknown, never zero."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from data.repositories.models import Repository, RepositoryFacts, RepositoryState
from data.traffic.models import Metric


class Endpoint(StrEnum):
    """The nine questions asked of GitHub for each repository, as they are named in the log."""

    REPOSITORY = "repository"
    VIEWS = "views"
    CLONES = "clones"
    WEEKLY_VIEWS = "weekly_views"
    WEEKLY_CLONES = "weekly_clones"
    REFERRERS = "referrers"
    PATHS = "paths"
    STAR_HISTORY = "star_history"
    RELEASES = "releases"


class RunState(StrEnum):
    """How a collection run stands or ended."""

    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class DayReading:
    """A day's count (requests) and uniques as one answer gave them."""

    day: date
    count: int
    uniques: int


@dataclass(frozen=True, slots=True)
class TrafficWindow:
    """What a good answer covers, with its total count and the true uniques of its 14 days (None: not told)."""

    first_day: date
    last_day: date
    total: int
    uniques: int | None


@dataclass(frozen=True, slots=True)
class TrafficObservation:
    """One answer of views or clones: its readings, inferred zeros included, and its window.

    The window is None where so many rows were refused that the answer covers no finished day.
    """

    metric: Metric
    days: tuple[DayReading, ...]
    window: TrafficWindow | None


@dataclass(frozen=True, slots=True)
class WeekReading:
    """A week's count and true uniques; `complete` when the whole week was inside the answer's window."""

    week: date
    count: int
    uniques: int
    complete: bool


@dataclass(frozen=True, slots=True)
class WeeklyObservation:
    """One answer of views or clones by week."""

    metric: Metric
    weeks: tuple[WeekReading, ...]


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """A row of a top-10 list: a referrer, or a path with its title; counts of the 14 days before."""

    name: str
    title: str | None
    count: int
    uniques: int


@dataclass(frozen=True, slots=True)
class ListingObservation:
    """One answer of referrers or paths, largest count first; an empty one says that there was no traffic."""

    listing: str
    entries: tuple[ListingEntry, ...]


@dataclass(frozen=True, slots=True)
class StatsObservation:
    """One answer of the repository itself: who it is, and its counters at that moment."""

    facts: RepositoryFacts
    stars: int | None
    forks: int | None
    watchers: int | None
    open_issues_and_pull_requests: int | None
    size_kb: int | None


@dataclass(frozen=True, slots=True)
class StarDay:
    """Stars gained on a day that are still given; GitHub does not promise that its days are UTC's."""

    day: date
    stars: int


@dataclass(frozen=True, slots=True)
class StarObservation:
    """One or more pages of the star history, oldest first."""

    days: tuple[StarDay, ...]


@dataclass(frozen=True, slots=True)
class AssetReading:
    """The lifetime download counter of a release asset."""

    release_id: int
    asset_id: int
    asset_name: str
    downloads: int


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """A published release."""

    release_id: int
    tag_name: str
    name: str | None
    prerelease: bool | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReleaseObservation:
    """All pages of a repository's releases with the counters of their assets."""

    releases: tuple[ReleaseFacts, ...]
    assets: tuple[AssetReading, ...]


Observation = (
    TrafficObservation
    | WeeklyObservation
    | ListingObservation
    | StatsObservation
    | StarObservation
    | ReleaseObservation
)


@dataclass(frozen=True, slots=True)
class StateChange:
    """What an answer says about a repository's availability."""

    state: RepositoryState
    reason: str | None


@dataclass(frozen=True, slots=True)
class EndpointResult:
    """What came of asking one endpoint of one repository; `observation` is None where nothing is to be stored."""

    repository_id: int
    endpoint: Endpoint
    finished_at: datetime
    outcome: str
    elapsed_ms: int
    status: int | None = None
    message: str | None = None
    observation: Observation | None = None
    etag: str | None = None
    etag_token_id: int | None = None
    state_change: StateChange | None = None

    @property
    def good(self) -> bool:
        """Whether GitHub answered with what was asked, or said that nothing changed."""
        return self.outcome in {"ok", "unchanged"}


@dataclass(frozen=True, slots=True)
class EndpointState:
    """When an endpoint was last asked and last answered well, and the validator of that answer."""

    last_tried_at: datetime
    last_good_at: datetime | None
    last_outcome: str
    etag: str | None = None
    etag_token_id: int | None = None


@dataclass(frozen=True, slots=True)
class CollectableRepository:
    """A repository with all that decides what is due for it."""

    repository: Repository
    endpoints: dict[Endpoint, EndpointState] = field(default_factory=dict)
    newest_whole_week: dict[Metric, date | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A collection run as the system log tells it.

    For a viewer who does not see every repository, `repositories` counts their own only, and `requests`
    and `message` are None.
    """

    run_id: int
    trigger: str
    started_at: datetime
    ended_at: datetime | None
    state: RunState
    requests: int | None
    repositories: int
    message: str | None


@dataclass(frozen=True, slots=True)
class LoggedResult:
    """What came of asking one endpoint of one repository in a run; `endpoint` and `outcome` as they were written."""

    run_id: int
    tenant: str
    full_name: str
    endpoint: str
    finished_at: datetime
    outcome: str
    status: int | None
    message: str | None
    rows_changed: int
    elapsed_ms: int
