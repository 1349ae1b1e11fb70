"""How a repository stands, in words that people act on: its state, what is wrong, and the next step. Pure."""

from dataclasses import dataclass
from datetime import datetime

from data.models import RepositoryState
from pages.ui.moments import moment_text

WARN_AT_DAYS = 7  # half of what GitHub remembers
ON_HOLD = (RepositoryState.PAUSED, RepositoryState.REMOVED)
REFUSED = (RepositoryState.UNAVAILABLE, RepositoryState.BLOCKED)
WORDS = {
    RepositoryState.ACTIVE: "Active",
    RepositoryState.PAUSED: "Paused",
    RepositoryState.UNAVAILABLE: "Not reachable",
    RepositoryState.BLOCKED: "Blocked",
    RepositoryState.REMOVED: "Removed",
}
COLOURS = {"Active": "green", "Paused": "gray", "Not reachable": "red", "Blocked": "red", "Removed": "gray"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of how a repository is collected; `collected_at` is UTC, None where it never was."""

    state: RepositoryState
    reason: str | None
    days_until_loss: int | None
    collected_at: datetime | None


def is_urgent(standing: Standing) -> bool:
    """Whether somebody ought to do something about it now."""
    if standing.state in ON_HOLD:
        return False
    left = standing.days_until_loss
    return standing.state in REFUSED or (left is not None and left <= WARN_AT_DAYS)


def note(standing: Standing) -> str:
    """The reason and the next step in a few sentences; empty where all is well."""
    match standing.state:
        case RepositoryState.PAUSED:
            return "Paused by its tenant: resumed within 13 days of the last collection, no day is lost."
        case RepositoryState.REMOVED:
            return "Not followed any more; its history is kept. Resume it to collect it again."
        case RepositoryState.UNAVAILABLE | RepositoryState.BLOCKED:
            reason = standing.reason or "GitHub refuses it and gives no reason."
            return f"{reason} {loss(standing.days_until_loss)}".strip()
    if not is_urgent(standing):
        return (
            ""
            if standing.collected_at
            else "Not collected yet: that comes at the next scheduled time, or at once with Collect now."
        )
    when = f"Last collected {moment_text(standing.collected_at)}." if standing.collected_at else "Never collected."
    return f"{when} {loss(standing.days_until_loss)} A manager can collect it now; the system log says what fails."


def loss(days: int | None) -> str:
    """Until when GitHub still shows the first day that is not stored."""
    if days is None:
        return ""
    if days < 0:
        return "Days are being lost: GitHub shows only the last 14."
    if days == 0:
        return "Today is the last day on which GitHub shows the first missing day."
    return f"GitHub forgets the first missing day in {counted(days, 'day')}."


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 repository, 1,200 repositories."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and not noun.endswith("ay") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
