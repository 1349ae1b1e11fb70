"""GitHub's time, its limits, and what it may complain of: all that a polite client must not do."""

import re
import time
from collections import Counter, deque
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Lock
from typing import NamedTuple

from tests.fake_github.answers import VERSIONS, Answer, Connection, Request, refused

HOUR = timedelta(hours=1)
ALREADY_ON_ITS_WAY_S = 0.2
_TOKEN = re.compile(r"gh[pousr]_[A-Za-z0-9_.]+|github_pat_[A-Za-z0-9_]+")
_ETAG = re.compile(r'(W/)?"[^"]*"(, (W/)?"[^"]*")*|\*')


class Clock:
    """Stands still at `now` until it is moved, or follows the real time without.

    `elapsed` is the time that limits are measured by: it runs on while the clock stands still, and jumps when the
    clock is moved. So a client that really waits is right, and so is one whose sleep moves the clock.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._moved_s = 0.0
        self._stands_at = now
        self._lock = Lock()

    @property
    def now(self) -> datetime:
        return self._stands_at or datetime.now(UTC)

    @now.setter
    def now(self, moment: datetime) -> None:
        self._moved_s += max(0.0, (moment - self.now).total_seconds())
        self._stands_at = moment.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        with self._lock:
            self.now = self.now + by

    def follow(self) -> None:
        """Follow the real time from now on."""
        self._stands_at = None

    def elapsed(self) -> float:
        """Seconds that have passed, really or by being moved."""
        return time.monotonic() + self._moved_s

    def date_header(self) -> str:
        return format_datetime(self.now.astimezone(UTC), usegmt=True)


class Told:
    """A refusal that some connections have seen; a request that was already on its way is excused.

    Excused is the first request of each other connection that was open by then, and one on a connection that was
    opened in the same moment.
    """

    def __init__(self, connection: Connection) -> None:
        self._at = time.monotonic()
        self._asked = {connection.number}

    def is_disregarded(self, connection: Connection) -> bool:
        """Whether a request on this connection, now, disregards the refusal."""
        if connection.number in self._asked:
            return True
        self._asked.add(connection.number)
        return connection.opened_at > self._at + ALREADY_ON_ITS_WAY_S


class Conduct:
    """Watches every request: `violations` is what was impolite, without any token."""

    def __init__(self, host: str) -> None:
        self.violations: list[str] = []
        self._host = host
        self._refused: dict[str, Told] = {}
        self._insisted: Counter[str] = Counter()

    def note(self, request: Request, what: str) -> None:
        self.violations.append(f"{without_tokens(request.target)}: {what}")

    def watch(self, request: Request) -> None:
        headers = request.headers
        wrong = {
            "no User-Agent": not headers.get("user-agent"),
            "a slash at the end of the path": len(request.path) > 1 and request.path.endswith("/"),
            "an unknown X-GitHub-Api-Version": request.version not in VERSIONS,
            "a token in the address": "access_token" in request.query or _TOKEN.search(request.target) is not None,
            "a token was sent to another host": "authorization" in headers and headers.get("host") != self._host,
            "an etag without its quotation marks": not _ETAG.fullmatch(headers.get("if-none-match", "*")),
        }
        for what, is_wrong in wrong.items():
            if is_wrong:
                self.note(request, what)

    def token_refused(self, request: Request, secret: str) -> None:
        """A token was answered with 401; one repetition is excused, as GitHub does err."""
        if secret not in self._refused:
            self._refused[secret] = Told(request.connection)
        elif self._refused[secret].is_disregarded(request.connection):
            self._insisted[secret] += 1
            if self._insisted[secret] > 1:
                self.note(request, "a token that was refused with 401 is tried again and again")


class Trigger(NamedTuple):
    """A secondary limit that begins after so many more requests; without `retry_after_s` it comes without a time."""

    after: int
    retry_after_s: int | None = 60
    status: int = 403


class Budget:
    """What one token owner, or one address without a token, may ask and has asked."""

    def __init__(self, limit: int, reset_at: datetime) -> None:
        self.limit = limit
        self.used = 0
        self.reset_at = reset_at
        self.trigger: Trigger | None = None
        self.minute: deque[float] = deque()
        self.waits_until = 0.0
        self.secondary = Trigger(0)
        self.told: Told | None = None

    def headers(self) -> dict[str, str]:
        numbers = {"limit": self.limit, "remaining": max(0, self.limit - self.used), "used": self.used}
        numbers["reset"] = int(self.reset_at.timestamp())
        return {f"x-ratelimit-{name}": str(told) for name, told in {**numbers, "resource": "core"}.items()}


class Budgets:
    """The limits of each token owner, enforced: an hour, a minute, and triggers. Owner None has no token."""

    def __init__(self, clock: Clock, conduct: Conduct) -> None:
        self.an_hour, self.a_minute, self.primary_status = 5000, 900, 403
        self._clock, self._conduct = clock, conduct
        self._budgets: dict[int | None, Budget] = {}
        self._lock = Lock()

    def of(self, owner_id: int | None) -> Budget:
        limit = 60 if owner_id is None else self.an_hour
        return self._budgets.setdefault(owner_id, Budget(limit, self._clock.now + HOUR))

    def use_up(self, owner_id: int, resets_in: timedelta = HOUR) -> None:
        """Leave an owner nothing until then, as if others had used the same account."""
        budget = self.of(owner_id)
        budget.used, budget.reset_at = budget.limit, self._clock.now + resets_in

    def limit_after(self, owner_id: int, trigger: Trigger) -> None:
        self.of(owner_id).trigger = trigger

    def set_hourly(self, owner_id: int, an_hour: int) -> None:
        self.of(owner_id).limit = an_hour

    def admit(self, owner_id: int | None, request: Request, counts: bool) -> Answer | None:
        """Count one request, or refuse it; a refusal that the client could know of is a violation."""
        with self._lock:
            budget = self.of(owner_id)
            if self._clock.now >= budget.reset_at:
                budget.used, budget.reset_at = 0, self._clock.now + HOUR
            answer = self._secondary_limit(budget, request)
            if answer is None and counts and budget.used >= budget.limit:
                answer = refused("primary_limit_user" if owner_id is not None else "primary_limit_ip")
                answer.status = self.primary_status
            if answer is None:
                budget.used += counts
                budget.told = None if counts else budget.told
            elif budget.told is None:
                budget.told = Told(request.connection)
            elif budget.told.is_disregarded(request.connection):
                self._conduct.note(request, "a request during a limit")
            return answer

    def give_back(self, owner_id: int | None) -> None:
        """A request turned out to be free, as 304 is."""
        with self._lock:
            self.of(owner_id).used -= 1

    def _secondary_limit(self, budget: Budget, request: Request) -> Answer | None:
        now = self._clock.elapsed()
        if now >= budget.waits_until:
            if not self._begins_secondary_limit(budget, request, now):
                return None
            budget.told = None
            budget.waits_until = now + (budget.secondary.retry_after_s or 60)
        wait = budget.secondary.retry_after_s
        answer = refused("secondary_limit", {} if wait is None else {"retry-after": str(wait)})
        answer.status = budget.secondary.status
        return answer

    def _begins_secondary_limit(self, budget: Budget, request: Request, now: float) -> bool:
        while budget.minute and budget.minute[0] <= now - 60:
            budget.minute.popleft()
        budget.minute.append(now)
        if budget.trigger is not None and budget.trigger.after <= 0:
            budget.secondary, budget.trigger = budget.trigger, None
            return True
        if budget.trigger is not None:
            budget.trigger = budget.trigger._replace(after=budget.trigger.after - 1)
        if len(budget.minute) <= self.a_minute:
            return False
        budget.minute.clear()
        budget.secondary = Trigger(0)
        self._conduct.note(request, f"more than {self.a_minute} requests in a minute")
        return True


def without_tokens(text: str) -> str:
    return re.sub(r"access_token=[^&]*", "access_token=...", _TOKEN.sub("...", text))
