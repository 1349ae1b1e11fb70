"""How the collection of each visible repository stands: what is open, what is lost, how long there is time."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from data.accounts.models import Viewer
from data.calendar import aware, stored, utc_day
from data.collection.models import GOOD_OUTCOMES, HARMLESS_OUTCOMES
from data.repositories.models import OpenDays, Repository, RepositoryHealth, RepositoryState
from data.store import Store
from data.store.cache import cached
from data.store.sql import query
from data.traffic.models import Metric

Stretches = defaultdict[tuple[int, str], list[OpenDays]]
LISTS = ("referrers", "paths")  # a day's list is not shown again
LISTS_MAY_BE = timedelta(days=2)
WITH_DAYS = ("repository", "views", "clones", "weekly_views", "weekly_clones")  # these have their days until loss
OTHERS_MAY_BE = timedelta(days=7)  # what they missed, they tell later


@dataclass(frozen=True, slots=True)
class StaleEndpoint:
    """An endpoint that is asked in vain: when it last answered well (None: never), and why it does not."""

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
        "good": GOOD_OUTCOMES,
        "harmless": HARMLESS_OUTCOMES,
        "lists": list(LISTS),
        "lists_before": stored(now - LISTS_MAY_BE),
        "with_days": list(WITH_DAYS),
        "others_before": stored(now - OTHERS_MAY_BE),
    }
    with store.traffic.read() as cursor:
        rows = cursor.execute(query(__name__, "stale_endpoints"), values).fetchall()
    return tuple(
        StaleEndpoint(tenant, full_name, endpoint, None if good is None else aware(good), reason)
        for tenant, full_name, endpoint, good, reason in rows
    )


def health(viewer: Viewer, store: Store, now: datetime) -> list[RepositoryHealth]:
    """The visible repositories, the most urgent first; those that are not collected any more come last.

    Source: views v_repositories and v_gaps, looked at from the UTC day of `now`. Raises: StoreMissing.
    """
    visible = {"visible": list(viewer.repository_ids)}
    with store.traffic.read() as cursor:
        cursor.execute("set variable today = $today", {"today": utc_day(now)})
        open_days = cursor.execute(query(__name__, "open_days"), visible).fetchall()
        rows = cursor.execute(query(__name__, "health"), visible).fetchall()
    stretches: Stretches = defaultdict(list)
    for key, state, metric, first, last in open_days:
        stretches[key, state].append(OpenDays(Metric(metric), first, last))
    return [_repository_health(row, stretches) for row in rows]


def _repository_health(row: tuple[Any, ...], stretches: Stretches) -> RepositoryHealth:
    key, tenant_id, github_id, full_name, state, reason, tenant, *answered, until_loss, pending_days, gap_days = row
    good = zip(Metric, answered, strict=True)
    return RepositoryHealth(
        repository=Repository(key, tenant_id, github_id, full_name, RepositoryState(state), reason),
        tenant=tenant,
        last_good_at={metric: aware(moment) for metric, moment in good if moment is not None},
        days_until_loss=until_loss,
        pending_days=pending_days,
        gap_days=gap_days,
        pending=tuple(stretches[key, "pending"]),
        gaps=tuple(stretches[key, "gap"]),
    )
