"""How fast one token owner may ask: GitHub counts all tokens of a user together, so they share one `RateLimiter`.

Source of the rules: GitHub's "Rate limits for the REST API" and "Best practices for using the REST API".
Moments on GitHub's side come from its `Date` header; waiting goes by the monotonic clock.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from collector.clock import Clock, MustWait
from collector.errors import LimitReached
from collector.own_leases import OwnLease
from collector.settings import Settings
from data.collection.models import Outcome
from data.store.version_files import keep_owner, make_directory

ALLOWED_A_MINUTE = 900  # GitHub's own
BURST_S = 25.0  # so many seconds' requests may go out at once after a rest: 250 of 600 a minute
PATIENCE_S = 3700.0  # a primary limit comes back within the hour
SECONDARY_WAITS_S = (60.0, 120.0, 240.0)
LOCKOUT_S = 900.0
SLOWEST = 8  # times the normal interval, after several secondary limits
MOST_REQUESTS = 10**9  # requests: what a strange header says beyond that is not kept
MILLISECONDS = 10**11  # an epoch beyond this is not in seconds
REASONS = {
    Outcome.PRIMARY_LIMIT: "The hourly limit of this token's owner is used up.",
    Outcome.SECONDARY_LIMIT: "GitHub asks to slow down (secondary rate limit).",
    Outcome.LOCKOUT: "GitHub refuses sign-ins for a while after several wrong tokens.",
}

Waiting = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class LimitHit:
    """A limit that an answer names; `wait_s` is None where GitHub did not say how long."""

    outcome: Outcome
    wait_s: float | None


@dataclass(slots=True)
class Turn:
    """The right to make one call: when it began (monotonic), and whether its answer was read."""

    sent_at: float
    answered: bool = False


class RateLimiter:
    """The budget of one token owner: a pace, some calls at once, and GitHub's own limits. Safe across threads.

    The pace is a bucket: after a rest a burst goes out at once, then so many a second, never more than GitHub allows in
    any minute. All processes with the same file `kept_in` draw from one bucket.
    `waiting` is called with every wait for a limit; a wait longer than `patience_s` ends the owner's work instead.
    Whoever has something else to do meanwhile sets `sleeps_for_s`: a longer wait is raised as MustWait and not slept.
    With a lease, nobody asks but who is sure to hold it; where another machine did so until now, which may have spent
    the burst of this minute, there is none.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        waiting: Waiting | None = None,
        patience_s: float = PATIENCE_S,
        *,
        sleeps_for_s: float = PATIENCE_S,
        kept_in: Path | None = None,
        lease: OwnLease | None = None,
    ) -> None:
        self.requests = 0
        self.kept_in = kept_in
        self._sleeps_for_s = sleeps_for_s
        self._lease = lease
        self._clock = clock
        self._waiting = waiting
        self._patience_s = patience_s
        self._at_once = settings.concurrency
        self._slots = threading.Semaphore(settings.concurrency)
        self._guard = threading.Lock()
        self._interval_s = 60 / settings.requests_a_minute
        room = ALLOWED_A_MINUTE - settings.requests_a_minute
        burst = min(settings.requests_a_minute * BURST_S / 60, room if room > 0 else settings.concurrency)
        self._burst_s = max(0.0, burst - 1) * self._interval_s
        if lease is not None and lease.lease.is_handed_on:
            self._burst_s = 0.0
        self._slowed = 1
        self._next_at = 0.0
        self._in_flight = 0
        self.hourly_limit: tuple[int, int, datetime] | None = None  # by the newest answer: all, left, reset
        self._remaining: int | None = None
        self._resets_at = 0.0
        self._paused_at = self._paused_until = 0.0
        self._told_until = 0.0
        self._why = ""
        self._refusals = 0
        self._exhausted: LimitReached | None = None

    def pause(self) -> tuple[float, str] | None:
        """How many seconds GitHub still asks to wait, and why; None where it does not."""
        with self._guard:
            left = self._paused_until - self._clock.monotonic()
            return (left, self._why) if left > 0 else None

    def ready_in(self) -> float:
        """In how many seconds a call could go out, or be refused for good, as far as is known now."""
        with self._guard:
            now = self._clock.monotonic()
            return 0.0 if self._exhausted else max(0.0, self._paused_until - now, self._next_at - now)

    @contextmanager
    def acquire(self) -> Iterator[Turn]:
        """Wait for a turn and hold it while a call is made and what its answer says of the budget is read.

        Raises: LimitReached where the wait would be longer than this owner's patience; Overtaken; MustWait; Stopped.
        """
        with self._slots:
            self._clock.sleep(self._claim())
            while (wait := self._must_wait()) > 0:
                if wait > self._sleeps_for_s:
                    raise MustWait
                self._clock.sleep(wait)
            turn = Turn(self._clock.monotonic())
            try:
                yield turn
            finally:
                with self._guard:
                    self._in_flight -= not turn.answered

    def observe(self, headers: Mapping[str, str], as_of: datetime, turn: Turn | None = None) -> None:
        """Read what an answer says of the budget; from then on its call is in that number, and none on its way."""
        limit, remaining, reset = (headers.get(f"x-ratelimit-{each}", "") for each in ("limit", "remaining", "reset"))
        has_budget = is_number(remaining) and is_number(reset)
        resets_at = self._clock.monotonic() + until_reset(reset, as_of) if has_budget else 0.0
        with self._guard:
            if turn is not None:
                turn.answered = True
                self._in_flight -= 1
            if has_budget:
                same_hour = self._remaining is not None and abs(resets_at - self._resets_at) < 60
                left = int(remaining)
                self._remaining = min(left, self._remaining) if same_hour and self._remaining is not None else left
                self._resets_at = resets_at
                if is_number(limit):
                    resets = as_of + timedelta(seconds=until_reset(reset, as_of))
                    self.hourly_limit = min(int(limit), MOST_REQUESTS), min(self._remaining, MOST_REQUESTS), resets

    def succeeded(self, sent_at: float) -> None:
        """A call sent at `sent_at` was answered without a limit: the next refusal is a first one again."""
        with self._guard:
            if sent_at >= self._paused_at:  # else it was on its way before the limit, and says nothing about it
                self._refusals = 0

    def back_off(self, hit: LimitHit, sent_at: float) -> None:
        """Pause for a limit that a call sent at `sent_at` has met. Raises: LimitReached to end the work instead."""
        with self._guard:
            if sent_at >= self._paused_at:  # else this call was on its way when another met the same limit
                self._pause(hit)
        if self._exhausted:
            raise self._exhausted

    def _pause(self, hit: LimitHit) -> None:
        self._refusals += 1
        wait = hit.wait_s
        if wait is None:
            wait = SECONDARY_WAITS_S[min(self._refusals, len(SECONDARY_WAITS_S)) - 1]
        now = self._clock.monotonic()
        self._why = REASONS[hit.outcome]
        if self._refusals > len(SECONDARY_WAITS_S) or wait > self._patience_s:
            self._give_up(hit.outcome, wait)
        self._paused_at, self._paused_until = now, now + wait
        self._remaining = None
        if hit.outcome == Outcome.SECONDARY_LIMIT:
            self._slowed = min(self._slowed * 2, SLOWEST)
            self._burst_s = 0.0

    def _give_up(self, outcome: Outcome, wait: float) -> None:
        left = f"{wait:.0f} s" if wait < 90 else f"{wait / 60:.0f} minutes"
        sentence = f"{self._why} It ends in about {left}: the rest is left to the next run."
        self._exhausted = LimitReached(sentence, outcome)

    def _claim(self) -> float:
        """Reserve the next moment of the pace; answers the seconds until then."""
        with self._guard, _locked(self.kept_in) as file:
            now, interval = self._clock.monotonic(), self._interval_s * self._slowed
            furthest = now + self._at_once * interval  # what lies beyond was noted before the machine started anew
            slot = max(self._next_at, min(_moment_in(file), furthest), now - self._burst_s)
            self._next_at = slot + interval
            if file is not None:
                os.pwrite(file, f"{self._next_at:.6f}\n".encode(), 0)
            return max(0.0, slot - now)

    def _must_wait(self) -> float:
        """Seconds that a limit still asks to wait; 0 where the call may go out, and then it counts as sent."""
        with self._guard:
            if self._exhausted:
                raise self._exhausted
            now = self._clock.monotonic()
            if self._remaining is not None and self._remaining <= self._in_flight and now < self._resets_at:
                self._await_reset(now)
            if self._lease is not None and (wait := self._lease.wait()) > 0:
                return wait
            wait = self._paused_until - now
            if wait > 0:
                if self._waiting and self._paused_until > self._told_until + 1:  # a reset shifts by fractions
                    self._told_until = self._paused_until
                    self._waiting(wait, self._why)
                return wait
            if self._remaining is not None and now >= self._resets_at:
                self._remaining = None
            self._in_flight += 1
            self.requests += 1
            return 0.0

    def _await_reset(self, now: float) -> None:
        wait = self._resets_at - now
        self._why = REASONS[Outcome.PRIMARY_LIMIT]
        self._paused_at, self._paused_until = now, self._resets_at
        if wait > self._patience_s:
            self._give_up(Outcome.PRIMARY_LIMIT, wait)
            assert self._exhausted
            raise self._exhausted
        self._remaining = None


def pace_file(directory: Path, owner_key: str) -> Path:
    """Where the processes of a data directory keep the bucket of a token owner."""
    return directory / "pace" / owner_key.replace(" ", "-")


@contextmanager
def _locked(path: Path | None) -> Iterator[int | None]:
    """The file, for nobody else meanwhile; None without one, and where the disk refuses it: then each process has its
    own bucket.
    """
    descriptor = None
    with suppress(OSError):
        if path is not None:
            make_directory(path.parent, 0o700)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            keep_owner(path)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _moment_in(file: int | None) -> float:
    try:
        return 0.0 if file is None else float(os.pread(file, 64, 0))
    except (OSError, ValueError):
        return 0.0


def is_number(text: str) -> bool:
    """Whether a header is a whole number of an ordinary length: ¹ is a digit to Python, and no number."""
    return text.isascii() and text.isdigit() and len(text) <= 20


def until_reset(reset: str, as_of: datetime) -> float:
    """Seconds from an answer's `Date` to its `x-ratelimit-reset`, within 0 to 1 hour, and one second more."""
    epoch = int(reset)
    if epoch > MILLISECONDS:
        epoch //= 1000
    return min(max(epoch - as_of.timestamp(), 0.0), 3600.0) + 1.0


def until_retry(retry_after: str, as_of: datetime) -> float | None:
    """Seconds that a `retry-after` (a number or an HTTP date) asks for, at least 1; None where it says nothing."""
    text = retry_after.strip()
    if is_number(text.removeprefix("-")):
        return max(1.0, float(text))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(1.0, (moment - as_of).total_seconds())
