"""The status of repositories in words that people act on: the state, what is wrong, and the next step."""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice, pairwise
from typing import Any

import pandas as pd
from pandas import DataFrame

from data.accounts.models import Viewer
from data.accounts.tenants import tenants
from data.calendar import DAY
from data.collection.schedule import ScheduleRefused, next_times
from data.repositories.models import RepositoryState
from data.repositories.repositories import other_tenants, repository_names
from data.store import Store
from data.store.cache import cached
from data.traffic.traffic import repository_summaries
from pages.ui.text import counted, repository_link
from pages.ui.time_format import moment_text

WARN_AT_DAYS = 7  # half of what GitHub remembers
LEFT_AFTER_A_TIME = 11  # days until loss at least, when all that GitHub surely shows has just been collected
STATUS_COLUMNS = ("state", "state_reason", "days_until_loss", "last_collected_at", "tenant_id")
TIMES_COMPARED = 9  # of a schedule: a week of days, and more
ON_HOLD = (RepositoryState.PAUSED, RepositoryState.REMOVED)
REFUSED = (RepositoryState.UNAVAILABLE, RepositoryState.BLOCKED)
STATES = {
    RepositoryState.ACTIVE: "Active",
    RepositoryState.PAUSED: "Paused",
    RepositoryState.UNAVAILABLE: "Not reachable",
    RepositoryState.BLOCKED: "Blocked",
    RepositoryState.REMOVED: "Removed",
}
COLOURS = {"Active": "green", "Paused": "gray", "Not reachable": "red", "Blocked": "red", "Removed": "gray"}


@dataclass(frozen=True, slots=True)
class Status:
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


def is_urgent(status: Status) -> bool:
    if status.state in ON_HOLD:
        return False
    left = status.days_until_loss
    return status.state in REFUSED or (left is not None and left <= status.warn_at)


def note(status: Status) -> str:
    """The reason and the next step in a few sentences; empty where all is well."""
    match status.state:
        case RepositoryState.PAUSED:
            return "Paused by its tenant: resumed within 13 days of the last collection, no day is lost."
        case RepositoryState.REMOVED:
            return "Not tracked any more; its history is kept. Resume it to collect it again."
        case RepositoryState.UNAVAILABLE | RepositoryState.BLOCKED:
            reason = status.reason or "GitHub refuses it and gives no reason."
            return f"{reason} {loss(status.days_until_loss)}".strip()
    if not is_urgent(status):
        not_yet = "Not collected yet: that comes at the next scheduled time, or at once with Collect now."
        return "" if status.collected_at else not_yet
    when = f"Last collected {moment_text(status.collected_at)}." if status.collected_at else "Never collected."
    return f"{when} {loss(status.days_until_loss)} A manager can collect it now; the system log says what fails."


def loss(days: int | None) -> str:
    """Until when GitHub still shows the first day that is not stored."""
    if days is None:
        return ""
    if days < 0:
        return "Days are being lost: GitHub shows only the last 14."
    if days == 0:
        return "Today is the last day on which GitHub shows the first missing day."
    return f"GitHub deletes the first missing day in {counted(days, 'day')}."


@cached("traffic")
def repository_rows(viewer: Viewer, store: Store, today: date) -> DataFrame:
    """The viewer's repositories: what the reader gives, and beside it what the table and the choices need."""
    rows = repository_summaries(viewer, store, today)
    midnight = datetime.combine(today, time(0), UTC)
    of_tenants = {each.tenant_id: warn_days(each.schedule, midnight) for each in tenants(viewer, store)}
    warn_at = defaultdict(lambda: WARN_AT_DAYS, of_tenants)  # a single repository may be seen without its tenant
    found = zip(*(plain_values(rows[column]) for column in STATUS_COLUMNS), strict=True)
    statuses = [
        Status(RepositoryState(state), reason, left, collected and collected.to_pydatetime(), warn_at[tenant_id])
        for state, reason, left, collected, tenant_id in found
    ]
    rows["urgent"] = [is_urgent(each) for each in statuses]
    others = other_tenants(viewer, store)
    also = [others.get(int(key)) for key in plain_values(rows["repository_id"])]
    told = [f" Also tracked by {', '.join(names)}; counted once." if names else "" for names in also]
    rows["note"] = [f"{note(each)}{more}".lstrip() for each, more in zip(statuses, told, strict=True)]
    rows["sort_name"] = rows["full_name"].str.lower()
    names = repository_names(viewer, store)
    rows["link"] = [repository_link(names.get(int(key), "")) for key in plain_values(rows["repository_id"])]
    rows["words"] = [[STATES[each.state]] for each in statuses]
    archived = ["archived" if each else None for each in plain_values(rows["archived"])]
    kinds = zip(plain_values(rows["visibility"]), archived, strict=True)
    rows["kind"] = [", ".join(word for word in kind if word) for kind in kinds]
    rows["days_left"] = rows["days_until_loss"].clip(lower=0)
    return rows


def plain_values(column: "pd.Series[Any]") -> list[Any]:
    """A column's values as plain Python's, None where unknown: to iterate an Arrow column takes ten times as long."""
    values: list[Any] = column.to_numpy(dtype=object, na_value=None).tolist()
    return values
