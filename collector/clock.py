"""Time as the collector sees it: a monotonic clock, and a sleep that a stop signal ends at once.

The day comes from GitHub's own `Date` header: `GitHubTime` carries it on between answers.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

STOP_SEEN_EVERY_S = 0.5  # while somebody waits
HOST_DOWN_AFTER = 5  # jobs in a row without a connection


class Stopped(Exception):
    """Somebody asked the collector to stop; what is committed stays, the rest is for the next run."""


class MustWait(Exception):
    """GitHub asks to wait longer than one sleeps here: the rest is for later, and there may be other work meanwhile."""


class Clock(Protocol):
    """What the client and its limits need of time; `sleep` raises Stopped when a stop was asked for."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's monotonic clock, interruptible through `stop`."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop = stop or threading.Event()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if self.stop.wait(max(0.0, seconds)):
            raise Stopped


class StopFlag:
    """Ends a run early, for all workers; the first reason stands. None as a reason: somebody asked for it.

    It is also the clock of those who fetch: once it is set, for whatever reason, their waits end too.
    """

    def __init__(self, clock: SystemClock) -> None:
        self.reason: str | None = None
        self._clock = clock
        self._event = threading.Event()
        self._guard = threading.Lock()
        self._unreachable = 0

    def __bool__(self) -> bool:
        return self._event.is_set() or self._clock.stop.is_set()

    def set(self, reason: str | None) -> None:
        with self._guard:
            self.reason = self.reason or reason
            self._event.set()

    def host_answered(self) -> None:
        with self._guard:
            self._unreachable = 0

    def host_down(self, error: Exception) -> None:
        """A job found nobody at GitHub's address; several in a row, of whichever owner, end the run."""
        with self._guard:
            self._unreachable += 1
            is_down = self._unreachable >= HOST_DOWN_AFTER
        if is_down:
            self.set(str(error))

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        while not self:
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            self._clock.sleep(min(left, STOP_SEEN_EVERY_S))
        raise Stopped


class GitHubTime:
    """GitHub's clock: the `Date` of an answer, carried on by our monotonic clock. Ours until there is one."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.is_set = False
        self._moment, self._set_at = datetime.now(UTC), clock.monotonic()

    def set(self, as_of: datetime) -> None:
        self._moment, self._set_at = as_of, self.clock.monotonic()
        self.is_set = True

    def now(self) -> datetime:
        return self._moment + timedelta(seconds=self.clock.monotonic() - self._set_at)
