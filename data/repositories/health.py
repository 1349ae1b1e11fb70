"""How the collection of each visible repository stands: what is open, what is lost, how long there is time."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from data.accounts.models import Viewer
from data.calendar import aware, stored
from data.collection.models import HARMLESS_OUTCOMES
from data.repositories.models import OpenDays, Repository, RepositoryHealth, RepositoryState
from data.store import Store
from data.store.cache import cached
from data.store.sql import query
from data.traffic.models import Metric

LISTS = ("referrers", "paths")  # a day's list is not shown again
LISTS_MAY_BE = timedelta(days=2)
WITH_DAYS = ("repository", "views", "clones", "weekly_views", "weekly_clones")  # these have their days until loss
OTHERS_MAY_BE = timedelta(days=7)  # what they missed, they report later


@dataclass(frozen=True, slots=True)
class StaleEndpoint:
    """An endpoint that is failing: when it last answered well (None: never), and why it does not."""

    repository_id: int
    tenant: str
    full_name: str
    endpoint: str
    last_good_at: datetime | None
    reason: str


@cached("traffic")
def stale_endpoints(viewer: Viewer, store: Store, now: datetime) -> tuple[StaleEndpoint, ...]:
    """The endpoints of visible repositories that fail while their last good answer has grown old.

    Lists (referrers, paths) after 2 days, others (stars, releases) after 7; views and clones have their days until
    loss. Whoever asks again and again rounds `now`, so that the answer can be kept.
    Source: endpoint_state, collection_result. Raises: StoreMissing.
    """
    values = {
        "visible": list(viewer.repository_ids),
        "good": HARMLESS_OUTCOMES,
        "harmless": HARMLESS_OUTCOMES,
        "lists": list(LISTS),
        "lists_before": stored(now - LISTS_MAY_BE),
        "with_days": list(WITH_DAYS),
        "others_before": stored(now - OTHERS_MAY_BE),
    }
    rows = store.traffic.rows(query(__name__, "stale_endpoints"), values)
    return tuple(
        StaleEndpoint(key, tenant, full_name, endpoint, None if good is None else aware(good), reason)
        for key, tenant, full_name, endpoint, good, reason in rows
    )


@cached("traffic")
def repository_health(viewer: Viewer, store: Store, today: date) -> tuple[RepositoryHealth, ...]:
    """The visible repositories, the most urgent first; those that are not collected any more come last.

    The stretches of open days are left out: see `with_open_days`. Source: views v_repositories. Raises: StoreMissing.
    """
    values = {"visible": list(viewer.repository_ids)}
    rows = store.traffic.rows(query(__name__, "repository_health"), values, today=today)
    return tuple(_repository_health(row) for row in rows)


def with_open_days(viewer: Viewer, store: Store, today: date) -> list[RepositoryHealth]:
    """The visible repositories as above, each with the stretches of days that no answer covered. Source: v_gaps."""
    values = {"visible": list(viewer.repository_ids)}
    open_days = store.traffic.rows(query(__name__, "with_open_days"), values, today=today)
    stretches: defaultdict[tuple[int, str], list[OpenDays]] = defaultdict(list)
    for key, state, metric, first, last in open_days:
        stretches[key, state].append(OpenDays(Metric(metric), first, last))
    return [
        replace(
            each,
            pending=tuple(stretches[each.repository.repository_id, "pending"]),
            gaps=tuple(stretches[each.repository.repository_id, "gap"]),
        )
        for each in repository_health(viewer, store, today)
    ]


def _repository_health(row: tuple[Any, ...]) -> RepositoryHealth:
    key, tenant_id, github_id, full_name, state, reason, tenant, views_at, clones_at, *rest = row
    until_loss, pending_days, gap_days, since, schedule = rest
    answered = {Metric.VIEWS: views_at, Metric.CLONES: clones_at}
    return RepositoryHealth(
        repository=Repository(key, tenant_id, github_id, full_name, RepositoryState(state), reason),
        tenant=tenant,
        last_good_at={metric: aware(moment) for metric, moment in answered.items() if moment is not None},
        days_until_loss=until_loss,
        pending_days=pending_days,
        gap_days=gap_days,
        since=aware(since),
        schedule=schedule,
    )
