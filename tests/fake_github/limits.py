"""GitHub's time and its limits, and what it may complain of: all that a polite client must not do."""

import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from tests.fake_github.answers import Answer, Request, refused

HOUR = timedelta(hours=1)
VERSIONS = ("2022-11-28", "2026-03-10")
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

    @property
    def now(self) -> datetime:
        return self._stands_at or datetime.now(UTC)

    @now.setter
    def now(self, moment: datetime) -> None:
        self._moved_s += max(0.0, (moment - self.now).total_seconds())
        self._stands_at = moment.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self.now = self.now + by

    def follow(self) -> None:
        self._stands_at = None

    def elapsed(self) -> float:
        """Seconds that have passed, really or by being moved."""
        return time.monotonic() + self._moved_s


def impolite(request: Request, url: str) -> list[str]:
    """What is wrong with a request as such, whatever the answer to it is."""
    headers = request.headers
    wrong = {
        "no User-Agent": not headers.get("user-agent"),
        "a slash at the end of the path": len(request.path) > 1 and request.path.endswith("/"),
        "an unknown X-GitHub-Api-Version": headers.get("x-github-api-version", VERSIONS[0]) not in VERSIONS,
        "a token in the address": _TOKEN.search(request.target) is not None,
        "a token was sent to another host": "authorization" in headers and f"http://{headers.get('host')}" != url,
        "an etag without its quotation marks": not _ETAG.fullmatch(headers.get("if-none-match", "*")),
    }
    return [f"{request.path}: {what}" for what, is_wrong in wrong.items() if is_wrong]


@dataclass(slots=True)
class Trigger:
    """A secondary limit that begins after so many more requests; without `retry_after_s` it comes without a time."""

    after: int
    retry_after_s: int | None = 60
    status: int = 403


@dataclass(slots=True)
class Budget:
    """What one token owner, or one address without a token, may ask and has asked."""

    limit: int
    reset_at: datetime
    used: int = 0
    trigger: Trigger | None = None
    waits_until: float | None = None
    refused: set[int] = field(default_factory=set)
    """The connections on which the present limit was answered."""

    def numbers(self) -> dict[str, int]:
        remaining, reset = max(0, self.limit - self.used), int(self.reset_at.timestamp())
        return {"limit": self.limit, "remaining": remaining, "used": self.used, "reset": reset}


class Budgets:
    """The limits of each token owner, enforced: requests an hour, and triggers. Owner None has no token."""

    def __init__(self, clock: Clock, violations: list[str]) -> None:
        self.an_hour, self.primary_status = 5000, 403
        self._clock, self._violations = clock, violations
        self._budgets: dict[int | None, Budget] = {}
        self._lock = Lock()

    def of(self, owner_id: int | None) -> Budget:
        limit = 60 if owner_id is None else self.an_hour
        return self._budgets.setdefault(owner_id, Budget(limit, self._clock.now + HOUR))

    def use_up(self, owner_id: int, resets_in: timedelta = HOUR) -> None:
        """Leave an owner nothing until then, as if others had used the same account."""
        budget = self.of(owner_id)
        budget.used, budget.reset_at = budget.limit, self._clock.now + resets_in

    def admit(self, owner_id: int | None, request: Request, counts: bool) -> Answer | None:
        """Count one request, or refuse it. A request on a connection that got the limit is a violation."""
        with self._lock:
            budget = self.of(owner_id)
            if self._clock.now >= budget.reset_at:
                budget.used, budget.reset_at = 0, self._clock.now + HOUR
            answer = self._secondary_limit(budget)
            if answer is None and counts and budget.used >= budget.limit:
                answer = replace(refused("primary_limit_user"), status=self.primary_status)
            if answer is not None:
                if request.connection in budget.refused:
                    self._violations.append(f"{request.path}: a request during a limit")
                budget.refused.add(request.connection)
            elif counts:
                budget.used += 1
                budget.refused.clear()
            return answer

    def give_back(self, owner_id: int | None) -> None:
        """A request turned out to be free, as 304 is."""
        with self._lock:
            self.of(owner_id).used -= 1

    def _secondary_limit(self, budget: Budget) -> Answer | None:
        now, trigger = self._clock.elapsed(), budget.trigger
        if trigger is None:
            return None
        if trigger.after > 0:
            trigger.after -= 1
            return None
        if budget.waits_until is None:
            budget.waits_until = now + (trigger.retry_after_s or 60)
            budget.refused.clear()
        if now >= budget.waits_until:
            budget.trigger = budget.waits_until = None
            return None
        wait = {} if trigger.retry_after_s is None else {"retry-after": str(trigger.retry_after_s)}
        return replace(refused("secondary_limit", wait), status=trigger.status)
