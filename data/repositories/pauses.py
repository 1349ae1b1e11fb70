"""What GitHub reports of the budgets of token owners, kept beyond the process that asked: how long it asks to wait,
and what it has left of the hourly limit. For the collector and who keeps the server.

Moments go by this machine's clock, when they are written and when they are read.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from data.calendar import aware, stored
from data.store import Store
from data.store.sql import insert

_PAUSES = (
    "select owner_key, paused_until, reason from owner_pause where paused_until > $now and paused_until <= $latest"
)
_LIMITS = "select owner_key, requests_an_hour, requests_left, resets_at from owner_limit order by owner_key"
LONGEST = timedelta(days=1)  # GitHub has never asked for more; a strange header must not silence a tenant for years


@dataclass(frozen=True, slots=True)
class OwnerPause:
    """Until when (UTC) nothing is to be asked with the tokens of an owner, and why."""

    owner_key: str
    paused_until: datetime
    reason: str

    def sentence(self, now: datetime) -> str:
        day = "" if self.paused_until.date() == now.date() else f"{self.paused_until:%Y-%m-%d}, "
        return f"GitHub asks to wait until {day}{self.paused_until:%H:%M} UTC. {self.reason}"


@dataclass(frozen=True, slots=True)
class OwnerLimit:
    """What is left of an owner's hourly limit, and when (UTC) it is whole again, by the newest answer."""

    owner_key: str
    requests_an_hour: int
    requests_left: int
    resets_at: datetime


def owner_pauses(store: Store, now: datetime) -> dict[str, OwnerPause]:
    values = {"now": stored(now), "latest": stored(now + LONGEST)}  # later: of a clock that was set back since
    rows = store.control.rows(_PAUSES, values)
    return {key: OwnerPause(key, aware(until), reason) for key, until, reason in rows}


def owner_limits(store: Store) -> list[OwnerLimit]:
    rows = store.control.rows(_LIMITS)
    return [OwnerLimit(key, limit, left, aware(resets_at)) for key, limit, left, resets_at in rows]


def save_pauses(store: Store, pauses: Sequence[OwnerPause], now: datetime, limits: Sequence[OwnerLimit] = ()) -> None:
    """Save what GitHub reports of these owners, in place of what it reported before; forget pauses that are over."""
    kept = [replace(each, paused_until=min(each.paused_until, now + LONGEST)) for each in pauses]
    values = {"keys": [each.owner_key for each in kept], "now": stored(now)}
    with store.control.commit("noting what GitHub says of its limits") as connection:
        connection.execute(
            "delete from owner_pause where paused_until <= $now or list_contains($keys, owner_key)", values
        )
        for each in kept:
            insert(connection, "owner_pause", asdict(each) | {"paused_until": stored(each.paused_until)})
        for limit in limits:
            connection.execute("delete from owner_limit where owner_key = $key", {"key": limit.owner_key})
            insert(connection, "owner_limit", asdict(limit) | {"resets_at": stored(limit.resets_at)})
