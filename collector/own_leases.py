"""The leases of this process: for which token owners it collects, whether it sends reports, and until when it is sure
that nobody else does.
"""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

from collector.errors import Overtaken
from data.collection.ledger import OWNERS
from data.collection.models import Outcome
from data.store import Store, leases
from data.store.leases import Lease, give_back, renew_leases, take_leases

UNSURE_BEFORE = timedelta(seconds=10)  # the end of a lease: what is asked by then is answered before it
RENEWED_AFTER = 1 / 3  # of a lease
FRESH = 1 / 10  # so little of it may have gone by when something is saved that takes long
TRY_AGAIN_S = 5.0
OVERTAKEN = (
    "Another machine has taken over its token owner, since this one had not been heard of for too long. What it had "
    "fetched and not saved is dropped; the other one fetches it."
)


@dataclass(slots=True)
class OwnLease:
    """A lease of this process, as the threads see it that work under it; times are monotonic."""

    lease: Lease
    sure_until: float
    is_overtaken: bool = False

    @property
    def is_sure(self) -> bool:
        return not self.is_overtaken and time.monotonic() < self.sure_until

    def renewed(self, asked_at: float) -> None:
        """It lasts anew, by a commit that began after `asked_at`."""
        self.sure_until = asked_at + _lasts() - UNSURE_BEFORE.total_seconds()

    def wait(self) -> float:
        """In how many seconds to look again whether one may ask; 0 where one may. Raises: Overtaken."""
        if self.is_overtaken:
            raise Overtaken(OVERTAKEN, Outcome.STOPPED)
        return 0.0 if self.is_sure else 1.0


class OwnLeases:
    """Those that this process holds. Used by the one thread that looks after all runs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[str, OwnLease] = {}  # by name
        self._renew_at = 0.0
        self.elsewhere: dict[str, str] = {}  # who holds those that were not free, by name

    def __contains__(self, name: str) -> bool:
        return name in self._held and not self._held[name].is_overtaken

    def __getitem__(self, name: str) -> OwnLease:
        return self._held[name]

    def __iter__(self) -> Iterator[OwnLease]:
        return iter(self._held.values())

    @property
    def fences(self) -> list[int]:
        return [each.lease.fence for each in self]

    def take(self, names: Collection[str]) -> None:
        """Take those that are free. Raises: StoreError."""
        wanted, asked_at = set(names) - self._held.keys(), time.monotonic()
        if not wanted:
            return
        taken, elsewhere = take_leases(self._store, wanted)
        if not self._held:
            self._renew_at = asked_at + _lasts() * RENEWED_AFTER
        for each in taken:
            self._held[each.name] = OwnLease(each, 0.0)
            self._held[each.name].renewed(asked_at)
        self.elsewhere = {name: who for name, who in self.elsewhere.items() if name not in wanted} | elsewhere

    def renew(self, *, before_saving: bool = False) -> None:
        """Renew them when it is time, and find out which were lost. A save may take almost as long as a lease lasts:
        it has to wait for the lock, and the next renewal waits for its end. Raises: StoreError, and tries again soon
        after.
        """
        asked_at = time.monotonic()
        if asked_at < self._renew_at - (_lasts() * (RENEWED_AFTER - FRESH) if before_saving else 0.0):
            return
        self._renew_at = asked_at + TRY_AGAIN_S
        mine = [each for each in self if not each.is_overtaken]
        lost = renew_leases(self._store, [each.lease for each in mine]) if mine else set()
        for each in mine:
            each.is_overtaken = each.lease.fence in lost
            each.renewed(asked_at)
        self._renew_at = asked_at + _lasts() * RENEWED_AFTER

    def keep(self, names: Collection[str]) -> None:
        """Give all others back. Raises: StoreError."""
        done = {name: each for name, each in self._held.items() if name not in names}
        self._held = {name: each for name, each in self._held.items() if name in names}
        if mine := [each.lease for each in done.values() if not each.is_overtaken]:
            give_back(self._store, mine)


def lease_name(owner_key: str | None) -> str:
    """Of a token owner; of those without a token that can be used, of whom only that is reported."""
    return f"{OWNERS}{owner_key or 'none'}"


def _lasts() -> float:
    return leases.LASTS.total_seconds()
