"""How often may be asked: a bucket for each token, address or secret that is guessed at.

Where the store is on a lake, all app servers draw from the same buckets. Each takes a second's worth at once, so that
most requests ask nobody; what is taken and not used yet can add up to as much for each server. Every process counts by
itself as well: while PostgreSQL is away, and in files, that is what holds.
"""

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from data.store import Store

MOST_KEYS = 10_000  # the least recently used are forgotten


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float = 0.0
    drawn: int = 0  # of what all servers share, and not used yet
    refused_until: float = 0.0


@dataclass(slots=True)
class RateLimit:
    """So many at once, and then so many a second; of each key apart. May be used by many threads."""

    name: str
    at_once: float
    a_second: float
    _buckets: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, store: Store, key: str) -> int | None:
        """Count one; the seconds to wait where there is none left, which is not counted."""
        with self._guard:
            bucket = self._bucket(key)
            now = time.monotonic()
            bucket.left, bucket.at = min(self.at_once, bucket.left + (now - bucket.at) * self.a_second), now
            wait_s = max((1 - bucket.left) / self.a_second, bucket.refused_until - now)
            if wait_s > 0:
                return math.ceil(wait_s)
            bucket.left -= 1
            bucket.drawn -= 1
            if bucket.drawn >= 0:
                return None
        return self._draw(store, key, bucket)

    def clear(self) -> None:
        with self._guard:
            self._buckets.clear()

    def _bucket(self, key: str) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(self.at_once))
        self._buckets.move_to_end(key)
        while len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)
        return bucket

    def _draw(self, store: Store, key: str, bucket: _Bucket) -> int | None:
        """Take one, and some for the next, of what all servers share."""
        number = max(1, int(min(self.at_once, self.a_second)))
        wait_s = store.control.draw(f"{self.name} {key}", number / self.a_second, self.at_once / self.a_second)
        with self._guard:
            bucket.drawn = max(0, bucket.drawn) + (number - 1 if wait_s == 0 else 0)
            if not wait_s:
                return None
            bucket.refused_until = time.monotonic() + wait_s
            bucket.left += 1
            return math.ceil(wait_s)


OF_A_TOKEN = RateLimit("token", 300, 10)
OF_FAILURES = RateLimit("failures", 20, 1 / 30)  # of an address: who tries tokens, passwords and links
OF_GUESSES = RateLimit("guesses", 60, 1)  # of an address: who asks for badges that there are not
