"""GitHub's own time: dates, windows and limits of the simulation come from here, never from the machine."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Lock


class Clock:
    """Stands still until it is set or advanced, or follows the real time at a distance.

    `elapsed` is the time that limits are measured by: it runs on while the clock stands still, and jumps when the
    clock is advanced. So a client that really waits is right, and so is one whose sleep advances the clock.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._moved_s = 0.0
        self._since: float | None = None
        self._at = now or datetime.now(UTC)
        self._date = (0, "")
        if now is None:
            self._since = time.monotonic()
        self._lock = Lock()
        self._refuse_naive(self._at)

    @property
    def now(self) -> datetime:
        """The moment, with its zone."""
        if self._since is None:
            return self._at
        return self._at + timedelta(seconds=time.monotonic() - self._since)

    @now.setter
    def now(self, moment: datetime) -> None:
        """Set the clock; it then stands still, or goes on following from there."""
        self._refuse_naive(moment)
        self._moved_s += max(0.0, (moment - self.now).total_seconds())
        self._at = moment.astimezone(UTC)
        if self._since is not None:
            self._since = time.monotonic()

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        with self._lock:
            self.now = self.now + by

    def follow(self) -> None:
        """Go on with the real time from the present moment."""
        self._at, self._since = self.now, time.monotonic()

    def stand_still(self) -> None:
        """Stop at the present moment."""
        self._at, self._since = self.now, None

    def elapsed(self) -> float:
        """Seconds that have passed, really or by being advanced."""
        return time.monotonic() + self._moved_s

    def monotonic(self) -> float:
        """The same under the name that a client's own clock has for it."""
        return self.elapsed()

    def sleep(self, seconds: float) -> None:
        """For a client under test that shall not really wait: the time passes at once."""
        self.advance(timedelta(seconds=max(0.0, seconds)))

    def date_header(self) -> str:
        """The moment as HTTP writes it, in whole seconds."""
        second = int(self.now.timestamp())
        if self._date[0] != second:
            self._date = (second, format_datetime(datetime.fromtimestamp(second, UTC), usegmt=True))
        return self._date[1]

    @staticmethod
    def _refuse_naive(moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError("the clock needs a moment with a zone")
