"""The health of the collection, worked out once: what the top of each page, the overview, `/api/v1/health`, /readyz and
`python -m collector status` say of runs, schedules, tokens, losses and failing endpoints.

A finding is a problem where somebody must act now, else a warning. Sentences are plain text and name no way to act:
whoever shows them adds that, a command or a page.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby, islice, takewhile
from types import MappingProxyType
from typing import Any

from data.accounts.github_app import Installation, installations
from data.accounts.models import Viewer
from data.accounts.tokens import UNREADABLE, StoredToken, tokens
from data.calendar import DAY, SETTLED_AFTER_DAYS, WINDOW_DAYS, aware, stored, utc_day
from data.collection.ledger import KILLED
from data.collection.log import is_collecting
from data.collection.models import GOOD_OUTCOMES, HARMLESS_OUTCOMES, ROW_REFUSED, RunState
from data.collection.schedule import ScheduleRefused, last_time, next_time, next_times, schedule_fault, schedule_warning
from data.repositories.health import LISTS, StaleEndpoint, repository_health, stale_endpoints
from data.repositories.models import RepositoryHealth, RepositoryState
from data.store import Store
from data.store.cache import cached
from data.store.sql import parsed, query
from data.text import counted, number_text
from data.traffic.models import Metric

LOOK_EVERY = timedelta(minutes=5)  # so long is an answer kept while nobody writes to the store
MISSED_AFTER = timedelta(minutes=40)  # with the above less than an hour
MOST_MISSED = 100  # are counted
KNOWN_DAYS = 2 * WINDOW_DAYS  # what GitHub answered within them decides on the days until loss; before, all is lost
NEAR_DAYS = 7  # until a loss: half of what GitHub shows
SPARE_DAYS = 3  # between the next scheduled collection and a loss
LATE_AFTER = timedelta(days=1)  # then a scheduled collection that did not bring a day will not
EXPIRY_DAYS = 14
LOOKED_BACK = timedelta(days=8)  # for answers and runs: what is rare comes once in seven
ON_HOLD = (RepositoryState.PAUSED, RepositoryState.REMOVED)
REFUSED = (RepositoryState.UNAVAILABLE, RepositoryState.BLOCKED)

SCHEDULES = """
with visible as (select unnest($visible::integer[]) as repository_id)
select tenant_id, schedule
from tenant
where active and tenant_id in (select tenant_id from repository semi join visible using (repository_id))
"""


class FindingKind(StrEnum):
    RUN = "run"
    MISSED = "missed"
    SCHEDULE = "schedule"
    TOKEN = "token"  # noqa: S105 - no token
    INSTALLATION = "installation"  # of the GitHub App; its text says what to do
    BUDGET = "budget"
    REFUSED = "refused"
    LOSS = "loss"
    LISTS = "lists"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, or soon will be, about a run, a tenant or a repository; `moment` is what `label` says (UTC)."""

    kind: FindingKind
    is_problem: bool
    about: str
    text: str
    label: str = ""
    moment: datetime | None = None
    tenant: str | None = None
    repository_id: int | None = None


@dataclass(frozen=True, slots=True)
class TenantHealth:
    """How the repositories of a tenant stand that are not on hold: how many there are, how many should have been
    asked by now (`waiting`), how many of these nobody asked (`left_out`, since `left_since`), and the ids of those
    that need a closer look: refused by GitHub, near a loss, or silent for long. `days_until_loss`: of the others.
    `is_failing`: an endpoint of one of them was not answered well the last time.
    """

    tenant_id: int
    name: str
    tracked: int
    waiting: int
    left_out: int
    left_since: datetime | None
    last_tried_at: datetime | None
    last_good_at: datetime | None
    days_until_loss: int | None
    in_trouble: Sequence[int]
    is_failing: bool

    def missed_since(self, *, is_going_on: bool) -> datetime | None:
        """Since when the schedule was not kept: no repository was asked for after a time of it had come, or most were
        not, and no collection is going on that might. None where it was kept.
        """
        few = self.left_out < self.waiting and (is_going_on or 2 * self.left_out <= self.waiting)
        return None if few else self.left_since


@dataclass(frozen=True, slots=True)
class CollectionHealth:
    """The findings, problems first; of repositories that are not on hold: how many, and the first loss among them."""

    findings: tuple[Finding, ...]
    tracked: int
    last_collected_at: datetime | None
    days_until_loss: int | None

    @property
    def problems(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.is_problem)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if not each.is_problem)


def collection_health(
    viewer: Viewer, store: Store, managed: frozenset[int], now: datetime, budgets: tuple[Finding, ...] = ()
) -> CollectionHealth:
    """How the collection of the visible repositories stands; of the tokens of `managed` tenants, too. What GitHub's
    limits mean for these (`budgets`) only the collector knows.

    Source: collection_run, collection_result, endpoint_state, v_repositories, tenant, tenant_token, the run's lock, the
    key. Raises: StoreMissing.
    """
    stored_tokens = {each.tenant_id: each for each in tokens(Viewer(frozenset(), managed), store)}
    given = installations(Viewer(frozenset(), managed), store)
    of_managed = tuple(
        (key, stored_tokens.get(key), tuple(each for each in given if each.tenant_id == key)) for key in sorted(managed)
    )
    read = _collection_health(viewer, store, of_managed, looked_at(now), is_going_on=is_collecting(store))
    return replace(read, findings=(*read.findings, *budgets)) if budgets else read


def looked_at(now: datetime) -> datetime:
    """The moment as of which health is told now: the same for five minutes, so that its answer is kept as long."""
    return now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % LOOK_EVERY


@cached("traffic", in_words=True)
def _collection_health(
    viewer: Viewer,
    store: Store,
    of_managed: tuple[tuple[int, StoredToken | None, tuple[Installation, ...]], ...],
    now: datetime,
    *,
    is_going_on: bool,
) -> CollectionHealth:
    schedules = _schedules(viewer, store)
    due = tuple((key, _last_due(schedule, now)) for key, schedule in schedules.items())
    tenants = _tenant_health(viewer, store, utc_day(now), due)
    in_trouble = frozenset(key for each in tenants for key in each.in_trouble)
    troubled = repository_health(Viewer(in_trouble, viewer.tenant_ids), store, utc_day(now)) if in_trouble else ()
    access_of = {key: (token, given) for key, token, given in of_managed}
    near = {each.repository.repository_id for each in near_loss(troubled, now)}
    refused = [each for each in troubled if each.repository.state in REFUSED]
    since = now.replace(minute=0) - LOOKED_BACK  # to the hour, for which what is found is kept
    findings = list(_about_runs(viewer, store, since, is_going_on=is_going_on))
    for tenant in tenants:
        about_access: list[Finding] = []
        if tenant.tenant_id in access_of:
            token, given = access_of[tenant.tenant_id]
            about_access = _about_access(tenant.name, token, given, now)
            findings += about_access
        if not any(each.is_problem for each in about_access):
            findings += _about_schedule(tenant, schedules[tenant.tenant_id], is_going_on, now)
        of_tenant = [each for each in refused if each.repository.tenant_id == tenant.tenant_id]
        findings += _about_refusals(tenant, of_tenant, near, whole=tenant.tenant_id in viewer.tenant_ids)
    findings += [
        _of_repository(FindingKind.LOSS, True, each, _loss_text(each.days_until_loss))
        for each in troubled
        if each.repository.repository_id in near and each.repository.state not in REFUSED
    ]
    if any(each.is_failing for each in tenants):
        findings += _about_endpoints(stale_endpoints(viewer, store, now))
    findings += _about_rows(viewer, store, since)
    until_loss = [each.days_until_loss for each in tenants] + [each.days_until_loss for each in troubled]
    return CollectionHealth(
        tuple(sorted(findings, key=lambda each: not each.is_problem)),
        sum(each.tracked for each in tenants),
        max((each.last_good_at for each in tenants if each.last_good_at is not None), default=None),
        min((days for days in until_loss if days is not None), default=None),
    )


@cached("traffic")
def _schedules(viewer: Viewer, store: Store) -> Mapping[int, str]:
    """The schedules of the active tenants of visible repositories."""
    return MappingProxyType(dict(store.traffic.rows(SCHEDULES, {"visible": list(viewer.repository_ids)})))


@cached("traffic")
def _tenant_health(
    viewer: Viewer, store: Store, today: date, due: tuple[tuple[int, datetime | None], ...]
) -> tuple[TenantHealth, ...]:
    """How the tenants stand on a day, each with the newest time that should have been kept. Both are in the question
    in place of the moment, so that the answer lasts until the next of these times.
    """
    values = {
        "visible": list(viewer.repository_ids),
        "tenant_ids": [key for key, _ in due],
        "times": [at for _, at in due],
        "on_hold": list(ON_HOLD),
        "refused": list(REFUSED),
        "near_days": NEAR_DAYS,
        "harmless": list(HARMLESS_OUTCOMES),
    }
    with store.traffic.read(today=today, known_from=today - KNOWN_DAYS * DAY) as cursor:
        rows = cursor.execute(parsed(query(__name__, "tenant_health")), values).fetchall()
    moments = ((None if at is None else aware(at) for at in row[5:8]) for row in rows)
    return tuple(TenantHealth(*row[:5], *at, *row[8:]) for row, at in zip(rows, moments, strict=True))


def _last_due(schedule: str, now: datetime) -> datetime | None:
    """The newest time of a schedule after which somebody should have asked by now; None for one that never comes."""
    try:
        return stored(last_time(schedule, now - MISSED_AFTER))
    except ScheduleRefused:
        return None


def _about_runs(viewer: Viewer, store: Store, since: datetime, *, is_going_on: bool) -> Iterator[Finding]:
    """Of the newest run, and of the newest of each tenant: how it failed."""
    rows = _newest(
        viewer,
        store,
        since,
        "runs",
        tenant_ids=tuple(viewer.tenant_ids),
        harmless=tuple(HARMLESS_OUTCOMES),
        is_going_on=is_going_on,
    )
    for run_id, state, started_at, message, asked, failed, mostly_without_days in rows:
        text = _run_text(RunState(state), message or "", asked, failed)
        if text:
            is_problem = state in {RunState.FAILED, RunState.RUNNING} or (
                state == RunState.PARTIAL and mostly_without_days
            )
            yield Finding(FindingKind.RUN, is_problem, f"Run {run_id}", text, "Started", aware(started_at))


@cached("traffic")
def _newest(viewer: Viewer, store: Store, since: datetime, name: str, **values: Any) -> tuple[tuple[Any, ...], ...]:
    """The rows of a query of this module about what is not older."""
    values = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
    values |= {"visible": list(viewer.repository_ids), "since": stored(since)}
    with store.traffic.read() as cursor:
        return tuple(cursor.execute(parsed(query(__name__, name)), values).fetchall())


def _run_text(state: RunState, message: str, repositories: int, failed: int) -> str:
    """How a run failed, as sentences; empty where it did not, as far as its viewer may know."""
    match state:
        case RunState.FAILED:
            return f"The last collection failed. {message}".strip()
        case RunState.RUNNING:
            return f"The last collection was killed. {KILLED}"
        case RunState.STOPPED:
            return f"The last collection was stopped before its end. {message}".strip()
        case RunState.PARTIAL if failed or message:
            of = f"for {number_text(failed)} of {counted(repositories, 'repository')}" if failed else "in part"
            return f"The last collection failed {of}. {message}".strip()
    return ""


def _about_access(
    tenant: str, token: StoredToken | None, granted: Sequence[Installation], now: datetime
) -> list[Finding]:
    """Of a tenant's token, and of its installations of the GitHub App, either of which may stand alone."""
    about_token = None if token is None and granted else _about_token(tenant, token, now)
    findings = [
        Finding(FindingKind.INSTALLATION, True, tenant, each.to_do, tenant=tenant) for each in granted if each.to_do
    ]
    return [*([about_token] if about_token else []), *findings]


def _about_token(tenant: str, token: StoredToken | None, now: datetime) -> Finding | None:
    def finding(text: str, *, is_problem: bool = True, at: datetime | None = None) -> Finding:
        label = "Expires" if at and at > now else "Expired" if at else ""
        return Finding(FindingKind.TOKEN, is_problem, tenant, text, label, at, tenant)

    if token is None:
        return finding("There is no token: nothing is collected.")
    named, expires = f"The token ending in {token.last_four}", token.facts.expires_at
    if token.state == UNREADABLE:
        return finding(f"{named} cannot be used. {token.state_reason}")
    if token.state != "valid":
        return finding(f"{named} is refused. {token.state_reason or ''}".strip())
    if expires is None:
        return None
    if expires <= now:
        return finding(f"{named} has expired: nothing is collected.", at=expires)
    days = (utc_day(expires) - utc_day(now)).days
    if days > EXPIRY_DAYS:
        return None
    when = "today" if days == 0 else f"in {counted(days, 'day')}"
    urgency = "Urgent: " if days <= 1 else "Soon: " if days <= NEAR_DAYS else ""
    return finding(f"{urgency}{named} expires {when}.", is_problem=False, at=expires)


def _about_schedule(tenant: TenantHealth, schedule: str, is_going_on: bool, now: datetime) -> Iterator[Finding]:
    """A tenant's schedule that nobody should have, and what was missed of one."""
    name = tenant.name
    if fault := schedule_fault(schedule):
        yield Finding(FindingKind.SCHEDULE, True, name, fault, tenant=name)
    elif warning := schedule_warning(schedule):
        yield Finding(FindingKind.SCHEDULE, False, name, warning, tenant=name)
    since = tenant.missed_since(is_going_on=is_going_on)
    if since is not None:
        missed = takewhile(lambda at: at <= now - MISSED_AFTER, next_times(schedule, since))
        count = len(list(islice(missed, MOST_MISSED)))
        text = f"{counted(count, 'scheduled collection')} {'was' if count == 1 else 'were'} missed."
        yield Finding(FindingKind.MISSED, True, name, text, "Last collected", tenant.last_tried_at, name)


def _about_refusals(
    tenant: TenantHealth, refused: Sequence[RepositoryHealth], near: Container[int], *, whole: bool
) -> Iterator[Finding]:
    """Each repository of a tenant that GitHub refuses, a problem where it is near a loss; of a `whole` tenant, that
    most are.
    """
    if whole and 2 * len(refused) > tenant.tracked:
        text = f"GitHub refuses {number_text(len(refused))} of {counted(tenant.tracked, 'repository')}."
        yield Finding(FindingKind.REFUSED, True, tenant.name, text, tenant=tenant.name)
    for each in refused:
        text = each.repository.state_reason or "GitHub refuses it and gives no reason."
        text = f"{text} {_loss_text(each.days_until_loss)}".strip()
        yield _of_repository(FindingKind.REFUSED, each.repository.repository_id in near, each, text)


def _of_repository(kind: FindingKind, is_problem: bool, each: RepositoryHealth, text: str) -> Finding:
    repository, label = each.repository, "Last collected"
    key = repository.repository_id
    return Finding(kind, is_problem, repository.full_name, text, label, last_collected(each), each.tenant, key)


def _loss_text(days: int | None) -> str:
    """Until when GitHub still shows the first day that is not stored."""
    if days is None:
        return ""
    if days < 0:
        return "Days are being lost: GitHub shows only the last 14."
    when = "after today" if days == 0 else f"in {counted(days, 'day')}"
    return f"GitHub deletes a day {when} that is not stored yet."


def last_collected(each: RepositoryHealth) -> datetime | None:
    """When views or clones were last answered well, the older of the two where both were."""
    return min(each.last_good_at.values(), default=None)


def near_loss(repositories: Sequence[RepositoryHealth], now: datetime) -> list[RepositoryHealth]:
    """The repositories of which GitHub forgets a day within a week, but for those that only wait for their schedule.

    One that is collected weekly is near a loss on each sixth day, and no worse.
    """
    near = [each for each in repositories if each.days_until_loss is not None and each.days_until_loss <= NEAR_DAYS]
    return [each for each in near if not _only_waits(each, now)]


def _only_waits(each: RepositoryHealth, now: datetime) -> bool:
    """Whether all went as scheduled and the next collection comes in time.

    That is: no scheduled collection was missed, the day at risk was still too young for the last one, and the next
    one leaves three days to spare.
    """
    last, left, schedule = last_collected(each), each.days_until_loss, each.schedule or ""
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


def _about_endpoints(stale: Sequence[StaleEndpoint]) -> Iterator[Finding]:
    """Endpoints that fail for long: a problem where lists are lost, else a warning."""
    for (key, reason), same in groupby(stale, key=lambda each: (each.repository_id, each.reason)):
        asked = list(same)
        for is_problem in (True, False):
            of_kind = [each for each in asked if (each.endpoint in LISTS) is is_problem]
            if of_kind:
                names = " and ".join(each.endpoint.replace("_", " ") for each in of_kind)
                last = min((each.last_good_at for each in of_kind if each.last_good_at is not None), default=None)
                first = of_kind[0]
                text = f"{names} fail. {reason}"
                yield Finding(
                    FindingKind.LISTS, is_problem, first.full_name, text, "Last good answer", last, first.tenant, key
                )


def _about_rows(viewer: Viewer, store: Store, since: datetime) -> Iterator[Finding]:
    """Rows of the newest answers that could not be used, so that they are not stored."""
    rows = _newest(viewer, store, since, "refused_rows", good=tuple(GOOD_OUTCOMES), refused=ROW_REFUSED)
    for key, tenant, full_name, message, endpoints in rows:
        text = f"A part of GitHub's answer could not be used ({endpoints.replace('_', ' ')}): {message}"
        yield Finding(FindingKind.ROWS, False, full_name, text, tenant=tenant, repository_id=key)
