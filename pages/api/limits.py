"""How often may be asked, counted in this process: a bucket for each token, address or secret that is guessed at."""

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

MOST_KEYS = 10_000  # the least recently used are forgotten


@dataclass(slots=True)
class RateLimit:
    """So many at once, and then so many a second; of each key apart. May be used by many threads."""

    at_once: float
    a_second: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str) -> int | None:
        """Count one; the seconds to wait where there is none left, which is not counted."""
        with self._guard:
            left, at = self._left.get(key, (self.at_once, 0.0))
            now = time.monotonic()
            left = min(self.at_once, left + (now - at) * self.a_second)
            if left < 1:
                return math.ceil((1 - left) / self.a_second)
            self._left[key] = left - 1, now
            self._left.move_to_end(key)
            while len(self._left) > MOST_KEYS:
                self._left.popitem(last=False)
            return None

    def clear(self) -> None:
        with self._guard:
            self._left.clear()
