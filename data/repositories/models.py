"""A tracked repository, what GitHub says of it, and how its collection stands. Days are UTC dates."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from data.traffic.models import Metric


class RepositoryState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    UNAVAILABLE = "unavailable"
    BLOCKED = "blocked"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that a tenant tracks; `github_id` is None until GitHub has reported it."""

    repository_id: int
    tenant_id: int
    github_id: int | None
    full_name: str
    state: RepositoryState
    state_reason: str | None = None


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What GitHub says of a repository: its identity, and whether it is archived, a fork, public."""

    github_id: int
    full_name: str
    visibility: str | None
    archived: bool | None
    fork: bool | None


@dataclass(frozen=True, slots=True)
class OpenDays:
    """A stretch of days, both ends included, that no answer of a metric covered."""

    metric: Metric
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class RepositoryHealth:
    """How a repository's collection stands on a day.

    `days_until_loss`: for how many more days GitHub surely shows the first day that is not covered; 0 or negative:
    it is being lost; None: not collected any more. `pending_days` counts young days too, which are covered but may
    still change; `pending` and `gaps` hold the stretches that no answer covered: still shown, and no longer shown.
    """

    repository: Repository
    tenant: str
    last_good_at: dict[Metric, datetime]
    days_until_loss: int | None
    pending_days: int
    gap_days: int
    since: datetime
    schedule: str | None = None
    pending: tuple[OpenDays, ...] = ()
    gaps: tuple[OpenDays, ...] = ()
