"""The limits of each token owner, enforced: requests an hour, a minute and at once, and a trigger."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from tests.simulated_github import answers
from tests.simulated_github.answers import Answer
from tests.simulated_github.clock import Clock
from tests.simulated_github.conduct import Conduct, Told
from tests.simulated_github.wire import Request

HOUR = timedelta(hours=1)
NO_TOKEN = (
    "127.0.0.1. (But here's the good news: Authenticated requests get a higher rate limit. Check out the documentation "
    "for more details.)"
)


@dataclass(slots=True)
class Limits:
    """GitHub's limits as it documents them. `retry_after_s` None: a secondary limit comes without `retry-after`."""

    requests_an_hour: int = 5000
    requests_an_hour_without_token: int = 60
    requests_a_minute: int = 900
    concurrency: int = 100
    primary_status: int = 403
    secondary_status: int = 403
    retry_after_s: int | None = 60
    bad_tokens: int = 5
    lockout_s: int = 900


@dataclass(slots=True)
class Trigger:
    """A secondary limit that begins after so many more requests, for reasons that GitHub keeps to itself."""

    after: int
    retry_after_s: int | None = 60
    status: int = 403


class Budget:
    """What one token owner, or one address without a token, has used."""

    def __init__(self, owner_id: int | None, limits: Limits, clock: Clock) -> None:
        self.own_limit: int | None = None
        self.used = 0
        self.in_flight = 0
        self.greatest_in_flight = 0
        self.trigger: Trigger | None = None
        self._owner_id = owner_id
        self._limits = limits
        self._clock = clock
        self.reset_at: datetime = clock.now + HOUR
        self._minute: deque[float] = deque()
        self._waits_until = 0.0
        self._secondary = Trigger(0)
        self._told: Told | None = None

    @property
    def limit(self) -> int:
        """Requests an hour: its own number, or that of all."""
        if self.own_limit is not None:
            return self.own_limit
        limits = self._limits
        return limits.requests_an_hour_without_token if self._owner_id is None else limits.requests_an_hour

    @property
    def remaining(self) -> int:
        """Requests left until the reset."""
        return max(0, self.limit - self.used)

    def renew(self) -> None:
        """Begin a new hour when the old one is over."""
        if self._clock.now >= self.reset_at:
            self.used, self.reset_at = 0, self._clock.now + HOUR

    def use_up(self, resets_in: timedelta = HOUR) -> None:
        """Leave nothing until then, as if others had used the same account."""
        self.used, self.reset_at = self.limit, self._clock.now + resets_in

    def admit(self, request: Request, conduct: Conduct, counts: bool = True) -> Answer | None:
        """Take one request, or refuse it; a refusal that the client could know of is a violation."""
        self.renew()
        refused = self._secondary_refusal(request, conduct) or (self._primary_refusal() if counts else None)
        if refused is None:
            self.used += counts
            self._told = None if counts else self._told
        elif self._told is None:
            self._told = Told(request.connection)
        elif self._told.is_known_to(request.connection):
            conduct.note(request, "a request during a limit")
        return refused

    def give_back(self) -> None:
        """A request that turned out to be free, as 304 is."""
        self.used -= 1

    def _primary_refusal(self) -> Answer | None:
        if self.used < self.limit:
            return None
        whose = f"user ID {self._owner_id}" if self._owner_id is not None else NO_TOKEN
        return answers.primary_limit(whose, self._limits.primary_status)

    def _secondary_refusal(self, request: Request, conduct: Conduct) -> Answer | None:
        now = self._clock.elapsed()
        if now >= self._waits_until:
            reason = self._reason_to_wait(now)
            if reason is None:
                return None
            if reason != "trigger":
                conduct.note(request, reason)
            self._told = None
            self._waits_until = now + (self._secondary.retry_after_s or 60)
        return answers.secondary_limit(self._secondary.retry_after_s, self._secondary.status)

    def _reason_to_wait(self, now: float) -> str | None:
        limits = self._limits
        while self._minute and self._minute[0] <= now - 60:
            self._minute.popleft()
        self._minute.append(now)
        if self.trigger is not None:
            if self.trigger.after <= 0:
                self._secondary, self.trigger = self.trigger, None
                return "trigger"
            self.trigger.after -= 1
        self._secondary = Trigger(0, limits.retry_after_s, limits.secondary_status)
        if self.in_flight > limits.concurrency:
            return f"more than {limits.concurrency} requests at once"
        if len(self._minute) > limits.requests_a_minute:
            self._minute.clear()
            return f"more than {limits.requests_a_minute} requests in a minute"
        return None


class Budgets:
    """The budgets of all token owners; one for those without a token."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.lock = Lock()
        self._limits = limits
        self._clock = clock
        self._of_owner: dict[int | None, Budget] = {}

    def of(self, owner_id: int | None) -> Budget:
        """The budget of a token owner; None stands for an address without a token."""
        budget = self._of_owner.get(owner_id)
        if budget is None:
            budget = self._of_owner[owner_id] = Budget(owner_id, self._limits, self._clock)
        return budget

    def use_up(self, owner_id: int, resets_in: timedelta = timedelta(hours=1)) -> None:
        """Leave an owner nothing until then."""
        with self.lock:
            self.of(owner_id).use_up(resets_in)

    def limit_after(self, owner_id: int, trigger: Trigger) -> None:
        """Begin a secondary limit of an owner after so many more requests."""
        with self.lock:
            self.of(owner_id).trigger = trigger

    def set_hourly(self, owner_id: int, an_hour: int) -> None:
        """Give an owner another budget an hour than the others have."""
        with self.lock:
            self.of(owner_id).own_limit = an_hour

    def known(self) -> dict[int | None, Budget]:
        """The budgets used so far, by owner id."""
        return dict(self._of_owner)
