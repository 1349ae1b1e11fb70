"""How a repository stands, in words that people act on: its state, what is wrong, and the next step. Pure."""

import math
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise

from collector.schedule import ScheduleRefused, next_times
from data.calendar import DAY
from data.repositories.models import RepositoryState
from pages.ui.moments import moment_text

WARN_AT_DAYS = 7  # half of what GitHub remembers
LEFT_AFTER_A_TIME = 11  # days until loss at least, when all that GitHub surely shows has just been collected
TIMES_COMPARED = 9  # of a schedule: a week of days, and more
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
    """What is known of how a repository is collected; `collected_at` is UTC, None where it never was. With `warn_at`
    days until loss or less it is urgent: see `warn_days`.
    """

    state: RepositoryState
    reason: str | None
    days_until_loss: int | None
    collected_at: datetime | None
    warn_at: int = WARN_AT_DAYS


def warn_days(schedule: str, now: datetime) -> int:
    """From how many days until loss on a repository is late: half of what GitHub remembers, but of one that is
    collected rarely, fewer than are left just before its next time. So a warning means that a time was missed.
    """
    try:
        times = list(islice(next_times(schedule, now), TIMES_COMPARED))
    except ScheduleRefused:
        return WARN_AT_DAYS
    longest = max(later - earlier for earlier, later in pairwise(times))
    return max(1, min(WARN_AT_DAYS, LEFT_AFTER_A_TIME - 1 - math.ceil(longest / DAY)))


def is_urgent(standing: Standing) -> bool:
    """Whether somebody ought to do something about it now."""
    if standing.state in ON_HOLD:
        return False
    left = standing.days_until_loss
    return standing.state in REFUSED or (left is not None and left <= standing.warn_at)


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
