"""Decides what is due, the perishable first. Pure: the moment comes from GitHub's own clock."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from data.calendar import utc_day, whole_week_to_ask_for
from data.collection.models import CollectableRepository, Endpoint
from data.repositories.models import RepositoryState
from data.traffic.models import Metric

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
name still means the same repository. That is believed for five minutes; a later job of the run asks once more before
its own endpoints. GitHub does not count the call where nothing has changed (304). Where the id cannot be confirmed,
nothing else of the repository is asked in this run."""

FIRST_LOOK = frozenset({Endpoint.REPOSITORY, Endpoint.VIEWS})
"""A refusal of these is one of the repository; a refusal of another endpoint is that endpoint's alone."""

EVERY_RUN = frozenset({Endpoint.REPOSITORY, Endpoint.VIEWS, Endpoint.CLONES})


@dataclass(frozen=True, slots=True)
class FetchJob:
    """The endpoints to fetch of one repository in one go, in this order."""

    collectable: CollectableRepository
    endpoints: tuple[Endpoint, ...]


def due_jobs(
    found: Iterable[CollectableRepository], now: datetime, at_once: Collection[int] = ()
) -> list[list[FetchJob]]:
    """The jobs of each phase; a repository that GitHub refused is fetched again after 20 hours.

    Those whose ids are in `at_once` do not rest: somebody asks for them by name, or there is a new token to try.
    """
    waiting = [each for each in found if each.repository.repository_id in at_once or not rests_until(each, now)]
    return [list(_jobs(waiting, phase, now)) for phase in PHASES]


def _jobs(found: list[CollectableRepository], phase: tuple[Endpoint, ...], now: datetime) -> Iterable[FetchJob]:
    for each in found:
        endpoints = tuple(endpoint for endpoint in phase if is_due(each, endpoint, now))
        if endpoints:
            yield FetchJob(each, endpoints)


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


def rests_until(each: CollectableRepository, now: datetime) -> datetime | None:
    """Until when a repository rests that GitHub refused less than 20 hours ago; None where it does not."""
    tried = last_look(each)
    if each.repository.state is RepositoryState.ACTIVE or tried is None:
        return None
    return tried + TRIED_AGAIN_AFTER if now - tried < TRIED_AGAIN_AFTER else None


def last_look(each: CollectableRepository) -> datetime | None:
    """When the repository itself or its views were last asked for."""
    looks = (each.endpoints.get(endpoint) for endpoint in FIRST_LOOK)
    return max((look.last_tried_at for look in looks if look is not None), default=None)
