"""When each tenant collects: the schedules that people write, and the moments that follow from them. Pure.

ScheduleRefused      a schedule is not one; says what it may be
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice

from cronsim import CronSim, CronSimError

from data.accounts.models import Tenant
from data.calendar import DAY
from data.collection.models import CollectableRepository
from data.refusals import Refused
from data.repositories.models import RepositoryState

NAMED = {"daily": "15 6,14,22 * * *", "weekly": "15 6 * * WED"}  # from Wednesday on a whole week is certain
FORMS = (
    "A schedule is daily (06:15, 14:15 and 22:15 UTC), weekly (Wednesday, 06:15 UTC) "
    "or a cron expression of five fields in UTC, for instance '30 */6 * * *'."
)
LONGEST_PAUSE = timedelta(days=12)  # GitHub shows a day for two weeks, beginning about two days after it
RISKY_PAUSE = timedelta(days=7)
MOST_TIMES_A_DAY = 24
JUDGED_FROM, JUDGED_FOR = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=400)  # a year with each of its months
AGAIN_AFTER = timedelta(hours=1)
REFUSED_AGAIN_AFTER = timedelta(hours=20)
LOOKS = ("views", "repository")  # endpoints whose refusal is one of the repository


class ScheduleRefused(Refused): ...


def checked_schedule(text: str) -> str:
    """The schedule as it is stored. Raises: ScheduleRefused where it is not one, must lose days or asks too often."""
    schedule = " ".join(text.split())
    if schedule.casefold() in NAMED:
        return schedule.casefold()
    if fault := schedule_fault(schedule) or _too_often(schedule):
        raise ScheduleRefused(fault)
    return schedule


@cache
def schedule_fault(schedule: str) -> str | None:
    """Why nothing or not all is collected so, as sentences; None where it is."""
    if schedule not in NAMED and len(schedule.split()) != 5:
        return FORMS
    try:
        pause = _longest_pause(schedule)
    except ScheduleRefused as refusal:
        return str(refusal)
    if pause > LONGEST_PAUSE:
        return (
            f"The schedule {schedule!r} loses days: it pauses for up to {pause.days:,}, and GitHub shows a day for two "
            f"weeks only. Collect at least once in {LONGEST_PAUSE.days} days."
        )
    return None


@cache
def schedule_warning(schedule: str) -> str | None:
    """What is risky or useless about a schedule without a fault, as sentences."""
    if schedule_fault(schedule):
        return None
    if (pause := _longest_pause(schedule)) <= RISKY_PAUSE:
        return _too_often(schedule)
    return (
        f"The schedule {schedule!r} pauses for up to {pause.days} days: where a single collection fails, days are lost "
        "for good. Better at least weekly."
    )


def _too_often(schedule: str) -> str | None:
    first = next_time(schedule, JUDGED_FROM)
    if any(at >= first + DAY for at in islice(next_times(schedule, first), MOST_TIMES_A_DAY)):
        return None
    return (
        f"The schedule {schedule!r} is more often than once an hour. GitHub publishes a day once, so that brings "
        "nothing and uses up the token's requests."
    )


def _longest_pause(schedule: str) -> timedelta:
    """The longest time between two collections, where it is more than a week: shorter ones are passed over."""
    at, longest = next_time(schedule, JUDGED_FROM), timedelta(0)
    while at < JUDGED_FROM + JUDGED_FOR:
        following = last_time(schedule, at + RISKY_PAUSE)
        if following <= at:
            following = next_time(schedule, at)
            longest = max(longest, following - at)
        at = following
    return max(longest, next_time(schedule, JUDGED_FROM) - last_time(schedule, JUDGED_FROM))


def next_times(schedule: str, now: datetime, *, reverse: bool = False) -> Iterator[datetime]:
    """The moments of a schedule after `now` (in reverse: before), those of fifty years. Raises: ScheduleRefused."""
    try:
        return iter(CronSim(NAMED.get(schedule, schedule), now.astimezone(UTC), reverse=reverse))
    except CronSimError as refusal:
        raise ScheduleRefused(f"{schedule!r} is not a schedule. {FORMS}") from refusal


def next_time(schedule: str, now: datetime) -> datetime:
    return _first(schedule, next_times(schedule, now))


def last_time(schedule: str, now: datetime) -> datetime:
    """The newest moment of a schedule that is not after `now`. Raises: ScheduleRefused."""
    return _first(schedule, next_times(schedule, now.replace(microsecond=0) + timedelta(seconds=1), reverse=True))


def _first(schedule: str, moments: Iterator[datetime]) -> datetime:
    try:
        return next(moments)
    except StopIteration as refusal:
        raise ScheduleRefused(f"{schedule!r} is not a schedule. {FORMS}") from refusal


@dataclass(frozen=True, slots=True)
class ScheduleContext:
    """What decides what is due: who is there, what was tried when, and which tenants have a token to try with.

    `tenants_tried` and `repositories_tried` are the moments at which this timer last began them, by id.
    """

    tenants: Sequence[Tenant]
    found: Sequence[CollectableRepository]
    with_token: frozenset[int]
    tenants_tried: Mapping[int, datetime]
    repositories_tried: Mapping[int, datetime]


@dataclass(frozen=True, slots=True)
class DueWork:
    """The tenants whose time has come or was missed, and of the others the repositories never collected yet."""

    tenant_ids: tuple[int, ...]
    new_repository_ids: tuple[int, ...]


def due_work(situation: ScheduleContext, now: datetime) -> DueWork:
    """What is to be collected now.

    A tenant's time was missed where one of its repositories was last asked for before that time. What a run left
    undone is tried again after an hour, or at the next time where there is no token to try it with.
    """
    since = {each.tenant_id: _due_since(each, situation, now) for each in situation.tenants if each.active}
    tenant_ids, new = set(), []
    for each in situation.found:
        tenant_id, repository_id = each.repository.tenant_id, each.repository.repository_id
        tick, again = since.get(tenant_id, (None, now))
        tried = last_tried(each)
        if tick is None:
            continue
        if tried is None and _before(situation.repositories_tried.get(repository_id), again):
            new.append((tenant_id, repository_id))
        missed = tried is not None and tried < tick and rests_until(each, now) is None
        if missed and _before(situation.tenants_tried.get(tenant_id), again):
            tenant_ids.add(tenant_id)
    return DueWork(tuple(sorted(tenant_ids)), tuple(key for tenant_id, key in new if tenant_id not in tenant_ids))


def rests_until(each: CollectableRepository, now: datetime) -> datetime | None:
    """Until when a repository rests that GitHub refused less than 20 hours ago; None where it does not."""
    tried = last_look(each)
    if each.repository.state is RepositoryState.ACTIVE or tried is None:
        return None
    return tried + REFUSED_AGAIN_AFTER if now - tried < REFUSED_AGAIN_AFTER else None


def last_look(each: CollectableRepository) -> datetime | None:
    """When the repository itself or its views were last asked for."""
    looks = (each.endpoints.get(endpoint) for endpoint in LOOKS)
    return max((look.last_tried_at for look in looks if look is not None), default=None)


def next_due(tenants: Iterable[Tenant], now: datetime) -> list[tuple[datetime, Tenant]]:
    """When each active tenant is due next, the soonest first; one whose schedule cannot be read is left out."""
    times = []
    for each in tenants:
        with suppress(ScheduleRefused):
            if each.active:
                times.append((next_time(each.schedule, now), each))
    return sorted(times, key=lambda pair: (pair[0], pair[1].tenant_id))


def _due_since(tenant: Tenant, situation: ScheduleContext, now: datetime) -> tuple[datetime | None, datetime]:
    """The newest time of a tenant's schedule, and before which moment a try of this timer counts no longer."""
    try:
        tick = last_time(tenant.schedule, now)
    except ScheduleRefused:
        return None, now
    return tick, max(tick, now - AGAIN_AFTER) if tenant.tenant_id in situation.with_token else tick


def last_tried(each: CollectableRepository) -> datetime | None:
    """When the repository was last asked for its days, by which a time of its schedule was kept or missed."""
    tried = next((each.endpoints[name] for name in LOOKS if name in each.endpoints), None)
    return None if tried is None else tried.last_tried_at


def _before(tried: datetime | None, moment: datetime) -> bool:
    return tried is None or tried < moment
