"""What the simulated GitHub was asked: the newest requests one by one, all of them as totals."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Seen:
    """A request with its answer. `at` is when it came, monotonic, in seconds; `target` is the path with its query."""

    method: str
    target: str
    login: str | None
    at: float
    status: int


class RequestsSeen:
    """Iterates over the newest requests, oldest first; totals are for all since the last `clear`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._newest: deque[Seen] = deque(maxlen=KEPT)
        self.total = 0
        self.by_status: Counter[int] = Counter()
        self.by_login: Counter[str | None] = Counter()
        self.in_flight = 0
        self.greatest_concurrency = 0

    def __iter__(self) -> Iterator[Seen]:
        return iter(tuple(self._newest))

    def __len__(self) -> int:
        return len(self._newest)

    def targets(self) -> list[str]:
        """Path and query of the newest requests, oldest first."""
        return [seen.target for seen in self]

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """A request that is being answered."""
        with self._lock:
            self.in_flight += 1
            self.greatest_concurrency = max(self.greatest_concurrency, self.in_flight)
        try:
            yield
        finally:
            with self._lock:
                self.in_flight -= 1

    def note(self, seen: Seen) -> None:
        """Remember a request with its answer."""
        with self._lock:
            self._newest.append(seen)
            self.total += 1
            self.by_status[seen.status] += 1
            self.by_login[seen.login] += 1

    def clear(self) -> None:
        """Forget everything but what is in flight."""
        with self._lock:
            self._newest.clear()
            self.total, self.greatest_concurrency = 0, self.in_flight
            self.by_status.clear()
            self.by_login.clear()
