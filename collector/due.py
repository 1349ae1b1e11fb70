"""Decides what is due, the perishable first. Pure: the moment comes from GitHub's own clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from data.calendar import utc_day, whole_week_to_ask_for
from data.models import CollectableRepository, Endpoint, Metric, RepositoryState

TRIED_AGAIN_AFTER = timedelta(hours=20)  # what was refused, or is asked once a day

PASSING = frozenset(
    {"ok", "unchanged", "unreachable", "bad_answer", "server_failed", "not_ready", "primary_limit", "secondary_limit"}
)
"""Outcomes after which an endpoint is asked again in the next run; a refusal is asked again on the next day."""

PHASES: tuple[tuple[Endpoint, ...], ...] = (
    (Endpoint.REPOSITORY, Endpoint.VIEWS, Endpoint.CLONES),
    (Endpoint.REFERRERS, Endpoint.PATHS),
    (Endpoint.WEEKLY_VIEWS, Endpoint.WEEKLY_CLONES),
    (Endpoint.STAR_HISTORY, Endpoint.RELEASES),
)
"""Days are lost after two weeks, lists change daily, weeks come round, stars and releases stay: a budget that runs
out costs stars, not days. The repository itself is asked before its traffic in every run: its id tells whether the
name still means the same repository; GitHub does not count the call where nothing has changed (304)."""

FIRST_LOOK = frozenset({Endpoint.REPOSITORY, Endpoint.VIEWS})
"""A refusal of these is one of the repository; a refusal of another endpoint is that endpoint's alone."""

EVERY_RUN = frozenset({Endpoint.REPOSITORY, Endpoint.VIEWS, Endpoint.CLONES})


@dataclass(frozen=True, slots=True)
class Visit:
    """The questions to ask for one repository in one go, in this order."""

    collectable: CollectableRepository
    endpoints: tuple[Endpoint, ...]


def due_visits(found: Iterable[CollectableRepository], now: datetime) -> list[list[Visit]]:
    """The visits of each phase; a repository that GitHub refused is visited again after 20 hours."""
    waiting = [each for each in found if not _rests(each, now)]
    return [list(_visits(waiting, phase, now)) for phase in PHASES]


def _visits(found: list[CollectableRepository], phase: tuple[Endpoint, ...], now: datetime) -> Iterable[Visit]:
    for each in found:
        endpoints = tuple(endpoint for endpoint in phase if is_due(each, endpoint, now))
        if endpoints:
            yield Visit(each, endpoints)


def is_due(each: CollectableRepository, endpoint: Endpoint, now: datetime) -> bool:
    """Whether an endpoint is to be asked now: days always, a missing whole week, the rest once a UTC day."""
    if endpoint in EVERY_RUN:
        return True
    if endpoint in {Endpoint.WEEKLY_VIEWS, Endpoint.WEEKLY_CLONES}:
        metric = Metric.VIEWS if endpoint is Endpoint.WEEKLY_VIEWS else Metric.CLONES
        return _week_is_missing(each, metric, now)
    state = each.endpoints.get(endpoint)
    if state is None:
        return True
    answered = state.last_good_at if state.last_outcome in PASSING else state.last_tried_at
    return answered is None or utc_day(answered) < utc_day(now)


def _week_is_missing(each: CollectableRepository, metric: Metric, now: datetime) -> bool:
    wanted, stored = whole_week_to_ask_for(utc_day(now)), each.newest_whole_week.get(metric)
    return wanted is not None and (stored is None or stored < wanted)


def _rests(each: CollectableRepository, now: datetime) -> bool:
    """Whether GitHub refused this repository less than 20 hours ago."""
    if each.repository.state is RepositoryState.ACTIVE:
        return False
    looks = (each.endpoints.get(endpoint) for endpoint in FIRST_LOOK)
    tried = [look.last_tried_at for look in looks if look is not None]
    return bool(tried) and now - max(tried) < TRIED_AGAIN_AFTER
