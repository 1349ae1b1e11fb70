"""Time as the collector sees it: a monotonic clock, and a sleep that a stop signal ends at once.

The day comes from GitHub's own `Date` header: `GitHubTime` carries it on between answers.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Stopped(Exception):
    """Somebody asked the collector to stop; what is committed stays, the rest is for the next run."""


class Clock(Protocol):
    """What the client and its limits need of time; tests pass one that does not really wait."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going backwards."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; raises Stopped when a stop was asked for before or while waiting."""
        ...


class SystemClock:
    """The machine's monotonic clock, interruptible through `stop`."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going backwards."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait `seconds`, or raise Stopped as soon as the stop event is set."""
        if self.stop.wait(max(0.0, seconds)):
            raise Stopped


class GitHubTime:
    """GitHub's clock: the `Date` of an answer, carried on by our monotonic clock. Ours until there is one."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.is_told = False
        self._told, self._told_at = datetime.now(UTC), clock.monotonic()

    def tell(self, as_of: datetime) -> None:
        """Set the clock by an answer."""
        self._told, self._told_at = as_of, self.clock.monotonic()
        self.is_told = True

    def now(self) -> datetime:
        """The present moment there (UTC)."""
        return self._told + timedelta(seconds=self.clock.monotonic() - self._told_at)
