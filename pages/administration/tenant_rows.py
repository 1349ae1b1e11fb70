"""The tenants at a glance, arranged once a version of the store and minute for each viewer."""

from collections import Counter
from datetime import datetime
from functools import lru_cache
from typing import Any

from pandas import DataFrame

from collector.schedule import ScheduleRefused, next_time
from data.accounts.models import Tenant, Viewer
from data.accounts.tenants import tenants
from data.accounts.tokens import StoredToken
from data.repositories.models import RepositoryState
from data.repositories.repositories import repositories
from data.store.arrow import arrow_table
from pages.administration import readers, token_card
from pages.ui.readers import Place, control_place, place
from pages.ui.store import the_store


def table(viewer: Viewer, now: datetime) -> Any:
    """The visible tenants with their schedules, tokens and numbers of repositories, as an Arrow table."""
    minute = now.replace(second=0, microsecond=0)  # no schedule and no expiry is told more exactly
    return _table(viewer, place(), control_place(), minute)


@lru_cache(maxsize=32)
def _table(viewer: Viewer, place: Place, control: Place, minute: datetime) -> Any:
    token_of = {each.tenant_id: each for each in readers.stored_tokens(viewer)}
    followed = [each for each in repositories(viewer, the_store()) if each.state is not RepositoryState.REMOVED]
    counts = Counter(each.tenant_id for each in followed)
    found = tenants(viewer, the_store())
    return arrow_table(
        DataFrame([_row(each, token_of.get(each.tenant_id), counts[each.tenant_id], minute) for each in found])
    )


def _row(each: Tenant, token: StoredToken | None, repositories: int, now: datetime) -> dict[str, object]:
    try:
        upcoming = next_time(each.schedule, now) if each.active else None
    except ScheduleRefused:
        upcoming = None
    return {
        "name": each.name,
        "state": "Active" if each.active else "Deactivated",
        "repositories": repositories,
        "schedule": each.schedule,
        "next": upcoming,
        "token": f"{token.facts.login or token.facts.kind} …{token.last_four}" if token else "none",
        "expires": token_card.expiry(token.facts.expires_at, now) if token else "",
    }
