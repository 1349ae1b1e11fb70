"""Leases: what one process at a time does, on whichever machine that is: collect for a token owner, send reports.

A lease is a row of `control` with a deadline. Its holder renews it and gives it back; the lease of one that died runs
out. A process may sleep beyond its deadline without noticing (SIGSTOP, a paused virtual machine), so a deadline alone
protects nothing. Whenever a lease is taken it gets a new number, its fence, and the commit that saves what was done
under a lease asks whether that is still the newest (`lost_fences`): who was overtaken writes nothing.

Deadlines are written and compared by the store's clock (`Database.now`), the only one that all machines share. A moment
that is older than the commit makes a taker more patient and its own lease shorter, never the other way round. The
holder goes by its monotonic clock, read before it asked: it stops before anybody else may begin, whatever its wall
clock says.

A machine (`Store.machine`) may take what it holds itself at once: there a lock file lets one process do so, and frees
it when that ends.

StoreError (see data/store/database.py)
└── LeaseLost    another machine has taken it meanwhile; nothing was changed
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from data.calendar import aware, stored
from data.store.cache import cached
from data.store.database import StoreError
from data.store.ids import next_ids
from data.store.store import Store

LASTS = timedelta(minutes=2)  # longer than a commit with its wait for the lock
RECENT = timedelta(minutes=1)  # what the former holder did still counts: GitHub counts requests by the minute
CLOCK_WAS_SET = timedelta(minutes=1)  # a deadline that is further ahead than LASTS is of before the clock went back
KEPT = timedelta(days=1)

_ROWS = "select name, holder, fence, held_until from lease where $names is null or list_contains($names, name)"
_FORGET = "delete from lease where list_contains($names, name) or held_until < $before"
_TAKE = """
insert into lease (name, holder, fence, held_until)
select unnest($names::text[]), $holder, unnest($fences::bigint[]), $until
"""


class LeaseLost(StoreError):
    """What was to be saved was done under a lease that another machine has taken meanwhile."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do what `name` says; `is_handed_on`: another machine did so within the last minute."""

    name: str
    fence: int
    is_handed_on: bool = False


@dataclass(frozen=True, slots=True)
class HeldLease:
    """A lease as it is stored: held until then (UTC), by the store's clock."""

    holder: str
    fence: int
    until: datetime

    def is_held(self, now: datetime) -> bool:
        return now < self.until <= now + LASTS + CLOCK_WAS_SET


def take_leases(store: Store, names: Collection[str]) -> tuple[list[Lease], dict[str, str]]:
    """Take those that are free, all in one commit; answers these, and who holds each of the others.

    The caller holds the lock file that lets one process of this machine do so.
    """
    now, names = store.control.now(), sorted(names)
    with store.control.read() as cursor:
        if names and not (set(names) - _held_elsewhere(store, stored_leases(cursor, names), now).keys()):
            return [], _held_elsewhere(store, stored_leases(cursor, names), now)
    with store.control.commit("taking leases") as connection:
        rows = stored_leases(connection, names)
        elsewhere = _held_elsewhere(store, rows, now)
        free = [name for name in names if name not in elsewhere]
        fences = next_ids(connection, "lease", len(free))
        connection.execute(_FORGET, {"names": free, "before": stored(now - KEPT)})
        values = {"names": free, "holder": store.machine, "fences": list(fences), "until": stored(now + LASTS)}
        connection.execute(_TAKE, values)
    since = now - RECENT
    handed_on = {name for name, row in rows.items() if row.holder != store.machine and row.until > since}
    return [Lease(name, fence, name in handed_on) for name, fence in zip(free, fences, strict=True)], elsewhere


def renew_leases(store: Store, leases: Iterable[Lease]) -> set[int]:
    """Have them last anew; answers the fences of those that were lost. One that ran out and nobody took goes on."""
    fences = [each.fence for each in leases]
    with store.control.commit("renewing leases") as connection:
        return renew_fences(store, connection, fences)


def renew_fences(store: Store, connection: duckdb.DuckDBPyConnection, fences: Collection[int]) -> set[int]:
    """The same inside the caller's commit of `control`."""
    values = {"fences": list(fences), "until": stored(store.control.now() + LASTS)}
    connection.execute("update lease set held_until = $until where list_contains($fences, fence)", values)
    return lost_fences(connection, fences)


def require_fence(store: Store, connection: duckdb.DuckDBPyConnection, lease: Lease) -> None:
    """Renew a lease inside the caller's commit of `control`. Raises: LeaseLost, which ends the commit."""
    if renew_fences(store, connection, [lease.fence]):
        raise LeaseLost("Another machine has taken this over, since this one had not been heard of for too long.")


def give_back(store: Store, leases: Iterable[Lease]) -> None:
    """Let others have them at once."""
    values = {"fences": [each.fence for each in leases], "now": stored(store.control.now())}
    with store.control.commit("giving leases back") as connection:
        connection.execute("update lease set held_until = $now where list_contains($fences, fence)", values)


def lost_fences(connection: duckdb.DuckDBPyConnection, fences: Collection[int]) -> set[int]:
    """Which of these are not the newest of their leases any more. `connection` is one of `control`, and asked inside a
    commit of either database, which nothing else can slip into.
    """
    values = {"fences": list(fences)}
    there = connection.execute("select fence from lease where list_contains($fences, fence)", values).fetchall()
    return set(fences) - {fence for (fence,) in there}


def held_fences(
    leases: Mapping[str, HeldLease], store: Store, beginning: str, now: datetime, *, is_locked: bool
) -> tuple[int, ...]:
    """The fences of those whose names begin so and that somebody holds. `is_locked`: whether a process of this machine
    holds the lock file, without which those of this machine are of one that was killed.
    """
    return tuple(
        each.fence
        for name, each in leases.items()
        if name.startswith(beginning) and each.is_held(now) and (is_locked or each.holder != store.machine)
    )


@cached("control")
def noted_leases(store: Store) -> dict[str, HeldLease]:
    """All of them by name, for who only looks. Who decides by them asks `stored_leases`."""
    with store.control.read() as cursor:
        return stored_leases(cursor)


def stored_leases(connection: duckdb.DuckDBPyConnection, names: Collection[str] | None = None) -> dict[str, HeldLease]:
    """These, or all, by name. `connection` is one of `control`."""
    rows = connection.execute(_ROWS, {"names": None if names is None else list(names)}).fetchall()
    return {name: HeldLease(holder, fence, aware(until)) for name, holder, fence, until in rows}


def _held_elsewhere(store: Store, rows: Mapping[str, HeldLease], now: datetime) -> dict[str, str]:
    return {name: row.holder for name, row in rows.items() if row.is_held(now) and row.holder != store.machine}
