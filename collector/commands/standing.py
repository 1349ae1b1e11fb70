"""How repositories and tokens stand, as rows, facts and sentences. Pure: `now` is passed."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from collector.commands.moments import days_until, iso, moment
from collector.schedule import ScheduleRefused, last_time, next_time
from collector.terminal import counted
from data.accounts.models import Tenant
from data.accounts.tokens import StoredToken
from data.calendar import DAY, SETTLED_AFTER_DAYS, WINDOW_DAYS, utc_day
from data.repositories.health import LISTS, StaleEndpoint
from data.repositories.models import OpenDays, RepositoryHealth, RepositoryState
from data.traffic.models import Metric

NEAR_DAYS = 7
SPARE_DAYS = 3  # between the next scheduled collection and a loss
LATE_AFTER = timedelta(days=1)  # then a scheduled collection that brought nothing is missed
EXPIRY_DAYS = 14
COLUMNS = ("TENANT", "REPOSITORY", "STATE", "LAST COLLECTED", ">PENDING", ">GAPS", ">DAYS LEFT", "REASON")
_NOT_COLLECTED = {RepositoryState.PAUSED, RepositoryState.REMOVED}
_MOST_SHOWN = 20


@dataclass(slots=True)
class About:
    """Sentences on what is wrong now, and on what soon will be."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def last_collected(each: RepositoryHealth) -> datetime | None:
    """When views or clones were last answered well, the older of the two where both were."""
    return min(each.last_good_at.values(), default=None)


def health_row(each: RepositoryHealth) -> tuple[str, ...]:
    """A repository for people."""
    left = "" if each.days_until_loss is None else f"{each.days_until_loss:,}"
    collected = moment(last_collected(each))
    repository = each.repository
    counts = (f"{each.pending_days:,}", f"{each.gap_days:,}", left)
    return each.tenant, repository.full_name, repository.state, collected, *counts, repository.state_reason or ""


def health_facts(each: RepositoryHealth) -> dict[str, Any]:
    """A repository for the JSON line."""
    return {
        "tenant": each.tenant,
        "repository": each.repository.full_name,
        "state": each.repository.state.value,
        "reason": each.repository.state_reason,
        "last_collected_at": iso(last_collected(each)),
        "days_until_loss": each.days_until_loss,
        "pending_days": each.pending_days,
        "gap_days": each.gap_days,
        "pending": [_stretch(open_days) for open_days in each.pending],
        "gaps": [_stretch(open_days) for open_days in each.gaps],
    }


def near_loss(found: Sequence[RepositoryHealth], schedules: Mapping[int, str], now: datetime) -> list[RepositoryHealth]:
    """The repositories of which GitHub forgets a day within a week, but for those that only wait for their schedule.

    `schedules` are the tenants', by id. One that is collected weekly is near a loss on each sixth day, and no worse.
    """
    near = [each for each in found if each.days_until_loss is not None and each.days_until_loss <= NEAR_DAYS]
    return [each for each in near if not _only_waits(each, schedules.get(each.repository.tenant_id, ""), now)]


def loss_problems(near: Sequence[RepositoryHealth]) -> list[str]:
    """A sentence for each repository of which GitHub soon forgets a day that is not stored."""
    return _first_of([_loss(each) for each in near], "repositories are at risk.")


def stale_problems(stale: Sequence[StaleEndpoint]) -> About:
    """Sentences on endpoints that fail for long: a problem where lists are lost, else a warning."""
    lists = [each for each in stale if each.endpoint in LISTS]
    others = [each for each in stale if each.endpoint not in LISTS]
    more = "repositories have answers that are out of date."
    return About(_first_of(_stale(lists), more), _first_of(_stale(others), more))


def token_problems(
    owners: Sequence[Tenant], token_of: Mapping[int, StoredToken], found: Sequence[RepositoryHealth], now: datetime
) -> About:
    """Sentences on the tokens of the tenants that have something to collect."""
    about = About()
    collected = {e.repository.tenant_id for e in found if e.repository.state not in _NOT_COLLECTED}
    for owner in owners:
        if owner.active and owner.tenant_id in collected:
            _add_token(about, owner, token_of.get(owner.tenant_id), now)
    return about


def _add_token(about: About, owner: Tenant, token: StoredToken | None, now: datetime) -> None:
    mend = f"Store a new one: python -m collector tenant token {shlex.quote(owner.name)}"
    if token is None:
        about.problems.append(f"{owner.name} has no token: nothing of it is collected. {mend}")
        return
    named = f"The token of {owner.name}, ending in {token.last_four},"
    expires = token.facts.expires_at
    if token.state != "valid":
        about.problems.append(f"{named} is refused. {token.state_reason or ''} {mend}".replace("  ", " "))
    elif expires is not None and expires <= now:
        about.problems.append(f"{named} expired on {moment(expires)}. {mend}")
    elif expires is not None and days_until(expires, now) <= EXPIRY_DAYS:
        about.warnings.append(f"{_urgency(days_until(expires, now))}{named} expires {_when(expires, now)}. {mend}")


def _urgency(days: int) -> str:
    """The fewer days, the louder: at 14, at 7 and at the last one."""
    return "Urgent: " if days <= 1 else "Soon: " if days <= NEAR_DAYS else ""


def _when(expires: datetime, now: datetime) -> str:
    days = days_until(expires, now)
    return f"{'today' if days == 0 else 'in ' + counted(days, 'day')}, on {moment(expires)}"


def _loss(each: RepositoryHealth) -> str:
    name, left = f"{each.repository.full_name} ({each.tenant})", each.days_until_loss or 0
    why = f" It is {each.repository.state}." if each.repository.state is not RepositoryState.ACTIVE else ""
    last = f"Last collected: {moment(last_collected(each))}."
    if left < 0:
        return f"{name} is losing days: GitHub no longer shows the first that is missing.{why} {last}"
    when = "after today" if left == 0 else f"in {counted(left, 'day')}"
    return f"{name}: GitHub forgets a day {when} that is not stored yet.{why} {last}"


def _only_waits(each: RepositoryHealth, schedule: str, now: datetime) -> bool:
    """Whether all went as scheduled and the next collection comes in time.

    That is: no scheduled collection was missed, the day at risk was still too young for the last one, and the next
    one leaves three days to spare.
    """
    last, left = last_collected(each), each.days_until_loss
    if last is None or left is None or len(each.last_good_at) < len(Metric):
        return False
    last_day_shown = utc_day(now) + left * DAY
    at_risk = last_day_shown - (WINDOW_DAYS - 1) * DAY
    try:
        missed = last_time(schedule, now - LATE_AFTER) > last
        in_time = utc_day(next_time(schedule, max(last, now - LATE_AFTER))) + SPARE_DAYS * DAY <= last_day_shown
    except ScheduleRefused:
        return False
    return not missed and in_time and at_risk >= utc_day(last) - SETTLED_AFTER_DAYS * DAY


def _stale(stale: Sequence[StaleEndpoint]) -> list[str]:
    """A sentence for each repository and reason."""
    sentences = []
    for (name, tenant, reason), same in groupby(stale, key=lambda each: (each.full_name, each.tenant, each.reason)):
        asked = list(same)
        last = min((each.last_good_at for each in asked if each.last_good_at is not None), default=None)
        endpoints = " and ".join(each.endpoint.replace("_", " ") for each in asked)
        sentences.append(f"{name} ({tenant}): {endpoints} fail. Last good answer: {moment(last)}. {reason}")
    return sentences


def _first_of(sentences: list[str], more: str) -> list[str]:
    """The first of them, and how many there are beyond."""
    beyond = len(sentences) - _MOST_SHOWN
    return [*sentences[:_MOST_SHOWN], *([f"{beyond:,} more {more}"] if beyond > 0 else [])]


def _stretch(open_days: OpenDays) -> dict[str, str]:
    first, last = open_days.first_day.isoformat(), open_days.last_day.isoformat()
    return {"metric": open_days.metric.value, "first_day": first, "last_day": last}
