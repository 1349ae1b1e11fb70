"""Everything that happens to a request before and after its endpoint: tokens, limits, versions, validators, headers."""

import hashlib
import itertools

from tests.simulated_github import access, answers
from tests.simulated_github.answers import Answer
from tests.simulated_github.budgets import Budget, Budgets, Limits
from tests.simulated_github.clock import Clock
from tests.simulated_github.conduct import VERSIONS, Conduct, Told
from tests.simulated_github.routes import Call, Routes
from tests.simulated_github.switches import Switches
from tests.simulated_github.tokens import Lack, Token
from tests.simulated_github.wire import Request
from tests.simulated_github.world import World

DEFAULT_VERSION = "2022-11-28"
FREE_PATH = "/rate_limit"
VARY = "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With"


class FrontDoor:
    """Lets requests in, and dresses what comes out."""

    def __init__(self, world: World, clock: Clock, switches: Switches, limits: Limits) -> None:
        self.budgets = Budgets(limits, clock)
        self._world = world
        self._clock = clock
        self._switches = switches
        self._limits = limits
        self._bad_tokens = 0
        self._locked_until = 0.0
        self._lockout_told: Told | None = None
        self._numbers = itertools.count(1)

    def answer(self, request: Request, routes: Routes, conduct: Conduct, conditional: bool) -> "Served":
        """The answer to a request, who asked, and in whose budget it takes a place until it is over."""
        conduct.watch(request)
        refused = self._refuse_unread(request)
        if refused is not None:
            return Served(self._dressed(refused, request, None, None), None, None)
        token, refused = self._token(request, conduct)
        if refused is not None:
            budget = None if refused.status == 403 else self.budgets.of(None)
            return Served(self._dressed(refused, request, None, budget), None, None)
        budget = self.budgets.of(token.owner_id if token else None)
        answer = self._admitted(request, budget, conduct)
        if answer is None:
            call = Call(request, token, self._clock.now, request.headers.get("x-github-api-version", DEFAULT_VERSION))
            answer = self._answered(call, routes, budget, conditional)
        return Served(self._dressed(answer, request, token, budget), budget, token)

    def _refuse_unread(self, request: Request) -> Answer | None:
        version = request.headers.get("x-github-api-version", DEFAULT_VERSION)
        if not request.headers.get("user-agent"):
            return answers.no_user_agent()
        if version in self._switches.retired_versions:
            return answers.retired_version(version)
        return None if version in VERSIONS else answers.unknown_version(version)

    def _token(self, request: Request, conduct: Conduct) -> tuple[Token | None, Answer | None]:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            return None, None
        if self._clock.elapsed() < self._locked_until:
            if self._lockout_told and self._lockout_told.is_known_to(request.connection):
                conduct.note(request, "a request during the lockout that bad tokens have caused")
            return None, answers.locked_out()
        token = self._world.tokens.get(secret.strip()) if scheme.lower() in ("bearer", "token") else None
        if token is not None and not token.is_over(self._clock.now):
            self._bad_tokens = 0
            return token, None
        self._bad_tokens += 1
        if self._bad_tokens > self._limits.bad_tokens:
            self._bad_tokens, self._locked_until = 0, self._clock.elapsed() + self._limits.lockout_s
            self._lockout_told = Told(request.connection)
            return None, answers.locked_out()
        conduct.refused_token(request, secret.strip())
        return None, answers.bad_credentials()

    def _admitted(self, request: Request, budget: Budget, conduct: Conduct) -> Answer | None:
        with self.budgets.lock:
            budget.in_flight += 1
            budget.greatest_in_flight = max(budget.greatest_in_flight, budget.in_flight)
            return budget.admit(request, conduct, counts=request.path != FREE_PATH)

    def _answered(self, call: Call, routes: Routes, budget: Budget, conditional: bool) -> Answer:
        if call.token is not None and call.token.lack is Lack.SUSPENDED:
            return access.suspended()
        if call.request.path == FREE_PATH:
            return self._rate_limit(call, budget)
        answer = routes.answer(call)
        if answer.status != 200:
            return answer
        etag = answer.headers["etag"] = self._etag(call, answer)
        known = [each.strip() for each in call.request.headers.get("if-none-match", "").split(",")]
        if etag not in known or not conditional or not self._switches.answers_not_modified:
            return answer
        with self.budgets.lock:
            budget.give_back()
        return Answer(304, b"", {"etag": etag})

    def _etag(self, call: Call, answer: Answer) -> str:
        """Of the token, the address and the body: another token gets another one for the same body."""
        salt = next(self._numbers) if self._switches.etag_changes_each_time else 0
        secret = call.token.secret if call.token else ""
        accept = call.request.headers.get("accept", "")
        made_of = f"{salt} {secret} {call.request.target} {accept} {call.version} ".encode()
        return f'W/"{hashlib.sha256(made_of + answer.body).hexdigest()}"'

    def _rate_limit(self, call: Call, budget: Budget) -> Answer:
        def told(limit: int, used: int) -> dict[str, int]:
            reset = int(budget.reset_at.timestamp())
            return {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": reset}

        core = told(budget.limit, budget.used)
        resources = {"core": core, "search": told(30, 0), "graphql": told(5000, 0)}
        if call.version == DEFAULT_VERSION:
            return answers.json_answer({"resources": resources, "rate": core})
        return answers.json_answer({"resources": resources})

    def _dressed(self, answer: Answer, request: Request, token: Token | None, budget: Budget | None) -> Answer:
        headers = {
            "date": self._clock.date_header(),
            "server": "github.com",
            "cache-control": "private, max-age=60, s-maxage=60",
            "vary": VARY,
            "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": request.headers.get("x-github-api-version", DEFAULT_VERSION),
            "x-github-request-id": f"C620:D8D4:{next(self._numbers):08X}:1EAC3CBC:6AA01B31",
        }
        if self._switches.enterprise_server:
            headers["x-github-enterprise-version"] = "3.19.2"
        elif budget is not None and self._switches.limit_headers:
            headers["x-ratelimit-limit"] = str(budget.limit)
            headers["x-ratelimit-remaining"] = str(budget.remaining)
            headers["x-ratelimit-used"] = str(budget.used)
            headers["x-ratelimit-reset"] = str(int(budget.reset_at.timestamp()))
            headers["x-ratelimit-resource"] = "core"
        if token is not None:
            headers.update(_of_token(token, request))
        answer.headers = headers | answer.headers
        return answer


def _of_token(token: Token, request: Request) -> dict[str, str]:
    headers: dict[str, str] = {}
    if token.kind == "classic":
        headers["x-oauth-scopes"] = ", ".join(token.scopes)
        headers["x-accepted-oauth-scopes"] = "repo" if "/traffic/" in request.path else ""
    else:
        needed = "administration=read" if "/traffic/" in request.path else "metadata=read"
        headers["x-accepted-github-permissions"] = needed
    expiry = token.expiry_header()
    if expiry is not None:
        headers["github-authentication-token-expiration"] = expiry
    return headers


class Served:
    """An answer, with the budget in which it takes a place until it is over."""

    __slots__ = ("_budget", "answer", "token")

    def __init__(self, answer: Answer, budget: Budget | None, token: Token | None) -> None:
        self.answer = answer
        self.token = token
        self._budget = budget

    def is_over(self, budgets: Budgets) -> None:
        """Free the place."""
        if self._budget is not None:
            with budgets.lock:
                self._budget.in_flight -= 1
